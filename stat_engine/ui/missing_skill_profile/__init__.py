"""The Missing-Skill-Profile page: choices, charts and tables of one profile or of two.

The profile is computed in `method/profile.py`, compared in `views/profile.py`."""
