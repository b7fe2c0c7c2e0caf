"""Skill-Targeted Adaptive Training, one stage after the other. Start with `pipeline.py`.

A stage's pure part takes rows and returns rows; the part that gathers its inputs takes a `RunContext`.
Storage, models and other tools' formats are in other folders."""

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
