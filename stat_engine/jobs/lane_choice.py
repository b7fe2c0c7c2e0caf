"""The lane of an order: whether its work loads a model on the machine that does it."""

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from stat_engine import config as configuration
from stat_engine.config import RunConfig
from stat_engine.method.stage import STORED, Stage, kept_and_stale, stage, stage_range
from stat_engine.orders import BuildOrder, DemoOrder, Order, RunOrder
from stat_engine.orders.work import SkillsOrder
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder


def lane_of(root: Path, order: Order) -> str:
    """`device` for work that loads a model on its machine, one job at a time; `teacher` for all other work.

    A run is judged by those of its stages that are still to be made: with the responses and their rewards
    there and the teacher on a server, stages up to `missing_skills` are teacher work. A set to build is
    judged as its stage is, a Skill-Map by its teacher; all other orders are device work.
    Raises StatError for a run or a stage that is none."""
    if isinstance(order, SkillsOrder):
        return _lane(configuration.load(order.config, list(order.settings)).teaches_itself())
    if isinstance(order, BuildOrder):
        return _lane_of_stages(root, order.run, order.settings, (stage("training_sets"),))
    if isinstance(order, RunOrder):
        return _lane_of_stages(root, order.run, order.settings, stage_range(order.first, order.until))
    if order.of_run and not isinstance(order, DemoOrder):
        WorkspaceFolder(root).run_folder(order.of_run)
    return "device"


def _lane_of_stages(root: Path, name: str, settings: Sequence[str], stages: Sequence[Stage]) -> str:
    run = WorkspaceFolder(root).run_folder(name)
    old = run.config
    new = configuration.validate(configuration.override(old.model_dump(), list(settings)), f"run {run.name}")
    there = _there(run, old, new)
    return _lane(any(one.loads_model(new) for one in stages if one not in there))


def _lane(loads: bool) -> str:
    return "device" if loads else "teacher"


def _there(run: RunFolder, old: RunConfig, new: RunConfig) -> list[Stage]:
    """The first stages, as far as each is one table that was made under just the new settings."""
    kept, _ = kept_and_stale(old, new)
    is_there = lambda one: one.layout == "one table" and one in kept and run.is_fresh(one.name)  # noqa: E731
    return list(takewhile(is_there, STORED))
