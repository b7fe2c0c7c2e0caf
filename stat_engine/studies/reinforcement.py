"""GRPO and Skill-GRPO after each arm, as further arms of one run."""

from collections.abc import Sequence

from stat_engine.notebook import Run
from stat_engine.views.grpo_plan import GrpoOrder

WEIGHTED = "reward"
"""What the profile weighs in Skill-GRPO here; the other way, `sampling`, is a setting."""


def reinforced(run: Run, starts: Sequence[str]) -> None:
    """Train `START-grpo` and `START-skill-grpo` from every start and seed, and evaluate them."""
    for start in starts:
        for weighs in ("nothing", WEIGHTED):
            order = GrpoOrder(start, tuple(run.config.seeds), None, (f"grpo.profile_weighs={weighs}",))
            run.reinforce_arms(order, evaluate=True)
