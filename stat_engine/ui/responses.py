"""How a step reward looks, on every page that shows a response step by step."""

from typing import Literal

from stat_engine.config import DifficultyConfig


def reward_colour(reward: float, config: DifficultyConfig) -> Literal["red", "orange", "blue"]:
    """One scale for rewards everywhere: red at or below tau2, orange at or below tau1, blue above."""
    return "red" if reward <= config.tau2 else "orange" if reward <= config.tau1 else "blue"
