"""Parts of the Difficult questions page."""
