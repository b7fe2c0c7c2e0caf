"""Parts of the Missing-Skill-Profile page."""
