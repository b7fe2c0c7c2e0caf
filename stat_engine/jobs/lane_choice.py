"""The lane of an order: whether its work loads a model on the machine that does it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from stat_engine import config as configuration
from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.orders import BuildOrder, DemoOrder, Order, RunOrder
from stat_engine.orders.work import SkillsOrder
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.tables import StageTable
from stat_engine.store.workspace import WorkspaceFolder


def _has_student(config: RunConfig) -> bool:
    return config.student.backend in ("transformers", "vllm")


def _has_reward_model(config: RunConfig) -> bool:
    return config.reward_model.backend not in ("rlhflow-server", "imported")


def _teaches_itself(config: RunConfig) -> bool:
    teachers = [config.teacher, *config.second_teachers]
    return _has_student(config) and any(teacher.backend == "student" for teacher in teachers)


def _embeds(config: RunConfig) -> bool:
    is_asked = config.training_set.drop_solved > 0 and _has_student(config)
    return is_asked or config.embeddings.backend == "sentence-transformers" or _teaches_itself(config)


LOADS: dict[str, Callable[[RunConfig], bool]] = {
    "split": lambda _: False,
    "responses": _has_student,
    "step_rewards": _has_reward_model,
    "difficulty": lambda _: False,
    "missing_skills": _teaches_itself,
    "profile": lambda _: False,
    "training_sets": _embeds,
    "sft": lambda _: True,
    "evaluation": lambda config: _has_student(config) or _has_reward_model(config),
}
"""The pipeline's stages in order -> whether a stage loads a model on the machine it works on."""


def lane_of(root: Path, order: Order) -> str:
    """`device` for work that loads a model on its machine, one job at a time; `teacher` for all other work.

    A run is judged by those of its stages that are still to be made: with the responses and their rewards
    there and the teacher on a server, stages up to `missing_skills` are teacher work. A set to build is
    judged as its stage is, a Skill-Map by its teacher; all other orders are device work.
    Raises StatError for a run or a stage that is none."""
    if isinstance(order, SkillsOrder):
        return _lane(_teaches_itself(configuration.load(order.config, list(order.settings))))
    if isinstance(order, BuildOrder):
        return _lane_of_stages(root, order.run, order.settings, ["training_sets"])
    if isinstance(order, RunOrder):
        return _lane_of_stages(root, order.run, order.settings, _between(order.first, order.until))
    if order.of_run and not isinstance(order, DemoOrder):
        WorkspaceFolder(root).run_folder(order.of_run)
    return "device"


def _lane_of_stages(root: Path, name: str, settings: Sequence[str], stages: Sequence[str]) -> str:
    run = WorkspaceFolder(root).run_folder(name)
    old = run.config
    new = configuration.validate(configuration.override(old.model_dump(), list(settings)), f"run {run.name}")
    return _lane(any(LOADS[stage](new) and not _is_there(run, stage, old, new) for stage in stages))


def _lane(loads: bool) -> str:
    return "device" if loads else "teacher"


def _between(first: str | None, until: str | None) -> list[str]:
    names = list(LOADS)
    for name in (first, until):
        if name is not None and name not in names:
            raise StatError(f"stage {name}: expected one of {', '.join(names)}")
    return names[names.index(first or names[0]) : names.index(until or names[-1]) + 1]


def _is_there(run: RunFolder, stage: str, old: RunConfig, new: RunConfig) -> bool:
    """Whether a stage's table was made from just the settings in force; others are not looked into."""
    if stage == "responses":
        return _is_fresh(run.responses, run.response_settings()) and _agree(old, new, "student")
    if stage == "step_rewards":
        is_fresh = _is_fresh(run.step_rewards, run.reward_settings())
        return is_fresh and _agree(old, new, "reward_model") and _is_there(run, "responses", old, new)
    return False


def _is_fresh(table: StageTable, settings: dict[str, Any]) -> bool:
    manifest = table.manifest()
    return manifest is not None and ("source" in manifest.settings or manifest.settings == settings)


def _agree(old: RunConfig, new: RunConfig, section: str) -> bool:
    return all(getattr(old, of) == getattr(new, of) for of in ("dataset", "domain", section))
