"""Parts of the Skill labels page."""
