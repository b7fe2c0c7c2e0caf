"""Skill-Targeted Adaptive Training, stage by stage. `pipeline.py` is the place to start.

A stage's pure part takes rows and gives rows; the part that gathers its inputs takes a `RunContext`.
Storage, models and other tools' formats have rooms of their own."""

from typing import TYPE_CHECKING

from stat_engine import on_demand

if TYPE_CHECKING:
    from stat_engine.method import (
        context,
        estimate,
        evaluation,
        grpo,
        pipeline,
        rounds,
        sft,
        split,
        training_sets,
    )
else:
    __getattr__ = on_demand(__name__)

__all__ = ["context", "estimate", "evaluation", "grpo", "pipeline", "rounds", "sft", "split", "training_sets"]
