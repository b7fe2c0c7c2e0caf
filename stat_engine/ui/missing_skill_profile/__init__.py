"""The page of the Missing-Skill-Profile: its choices, its parts, and the questions behind a skill."""
