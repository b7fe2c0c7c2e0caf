"""Which settings decide which folder of a run: what a change makes stale, and what a copy can keep."""

from typing import Any

from stat_engine.config.run import RunConfig
from stat_engine.config.section import Section

SLICES: dict[str, tuple[str, ...]] = {
    "responses": ("dataset", "domain", "student"),
    "step_rewards": ("reward_model",),
    "missing_skills": ("difficulty", "teacher", "second_teachers", "pool_dataset"),
    "training_sets": ("embeddings", "training_set", "arms"),
    "students": ("sft", "seeds"),
    "evaluations": ("evaluation",),
}
"""Folder of a run -> the settings that decide it, beside those of the folders above it."""
REVIEWED = ("responses", "step_rewards", "missing_skills")
"""Folders that people's decisions on labels hang on."""
LISTS = ("second_teachers", "arms", "seeds")
"""Settings that say how many there are: another one leaves those before it as they are."""


def first_changed(old: RunConfig, new: RunConfig, without: tuple[str, ...] = ()) -> str | None:
    """The first folder that a change decides otherwise; None where it decides nothing anew.

    Settings named in `without` are not looked at."""
    for folder, sections in SLICES.items():
        if any(_decides(old, name) != _decides(new, name) for name in sections if name not in without):
            return folder
    return None


def _decides(config: RunConfig, section: str) -> Any:
    value = getattr(config, section)
    if isinstance(value, list):
        return [item.decides() if isinstance(item, Section) else item for item in value]
    return value.decides() if isinstance(value, Section) else value
