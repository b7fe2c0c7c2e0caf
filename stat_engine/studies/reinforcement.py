"""GRPO and Skill-GRPO after each arm, as further arms of one run."""

from collections.abc import Sequence

from stat_engine.notebook import Run
from stat_engine.views.grpo_plan import GrpoOrder

WAYS = {"grpo": "nothing", "skill-grpo": "reward", "skill-grpo-sampling": "sampling"}
"""Ending of an arm's name -> what the profile weighs."""


def endings(starts: Sequence[str]) -> tuple[str, ...]:
    """The names of the arms that come of these starts."""
    return tuple(f"{start}-{ending}" for start in starts for ending in WAYS)


def reinforced(run: Run, starts: Sequence[str]) -> None:
    """Train an arm a start and way, with every seed, and evaluate them."""
    for start in starts:
        for ending, weighs in WAYS.items():
            settings = (f"grpo.profile_weighs={weighs}",)
            order = GrpoOrder(start, tuple(run.config.seeds), f"{start}-{ending}", settings)
            run.reinforce_arms(order, evaluate=True)
