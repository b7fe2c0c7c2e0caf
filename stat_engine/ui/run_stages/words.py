"""The stages in plain words, in their order, and the colours of their states."""

from collections.abc import Sequence
from typing import Any, Literal

STAGES = {
    "responses": "responses", "step_rewards": "step rewards", "difficulty": "difficult questions",
    "missing_skills": "missing skills", "profile": "Missing-Skill-Profile", "training_sets": "training sets",
    "sft": "fine-tuned students", "evaluation": "evaluations",
}  # fmt: skip
UNITS = {
    "responses": "responses", "step_rewards": "responses scored", "missing_skills": "labels",
    "training_sets": "sets", "sft": "students", "evaluation": "evaluations",
}  # fmt: skip
"""What a stage's outcome is counted in; what works on rows counts batches until it is whole."""
COLOURS: dict[str, Literal["green", "blue", "orange", "gray"]] = {
    "done": "green", "working": "blue", "stopped": "orange", "stale": "orange", "waiting": "gray",
}  # fmt: skip


def stage(name: str) -> str:
    """A stage in plain words; another text as it is."""
    return STAGES.get(name, name)


def count(stage: dict[str, Any]) -> str:
    """How much of a stage is there."""
    done, total = stage["done"], stage["total"]
    if not total:
        return ""
    name = stage["stage"]
    in_batches = name not in ("training_sets", "sft", "evaluation") and stage["state"] in (
        "working",
        "stopped",
    )
    unit = "batches" if in_batches else UNITS.get(name, "")
    return f"{done:,} {unit}" if done == total else f"{done:,} of {total:,} {unit}"


def stages(names: Sequence[str], none: str) -> str:
    """Stages in a row, or what to say where there are none."""
    return ", ".join(map(stage, names)) or none
