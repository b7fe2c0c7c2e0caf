"""The Difficult questions page: thresholds, what they flag, and the questions with their responses.

The rule itself is in `method/difficulty.py`."""
