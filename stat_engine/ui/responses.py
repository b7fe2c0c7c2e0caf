"""How a step reward looks, on every page that shows a response step by step."""

import re
from typing import Literal

from stat_engine.config import DifficultyConfig
from stat_engine.ui.text import as_markdown

_NUMBERED = re.compile(r"\bstep\s*\[?\d", re.IGNORECASE)


def reward_colour(reward: float, config: DifficultyConfig) -> Literal["red", "orange", "blue"]:
    """One scale for rewards everywhere: red at or below tau2, orange at or below tau1, blue above."""
    return "red" if reward <= config.tau2 else "orange" if reward <= config.tau1 else "blue"


def reason_words(reason: str) -> str:
    """A teacher's reason as Markdown. Pages count steps from 1, teachers are shown them from 0."""
    return as_markdown(reason) + (" (the teacher counts steps from 0)" if _NUMBERED.search(reason) else "")
