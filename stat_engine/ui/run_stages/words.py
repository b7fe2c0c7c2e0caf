"""A stage's state and count as text, and the colours of the states."""

from collections.abc import Sequence
from typing import Literal

from stat_engine.method.stage import stage
from stat_engine.views.status import StageStatus

COLOURS: dict[str, Literal["green", "blue", "orange", "gray"]] = {
    "done": "green", "working": "blue", "stopped": "orange", "stale": "orange", "waiting": "gray",
}  # fmt: skip


def count(found: StageStatus) -> str:
    """How much of a stage is there, of one of the stages of `views.status.status`.

    A table that is being made is counted in batches."""
    done, total, of = found["done"], found["total"], stage(found["stage"])
    if not total:
        return ""
    if of.is_one_table and found["state"] in ("working", "stopped"):
        return f"{done:,} of {total:,} batches"
    return of.counted(done, total)


def titles(names: Sequence[str], none: str) -> str:
    """The titles of stages in a row, or what to say where there are none."""
    return ", ".join(stage(name).in_sentence for name in names) or none
