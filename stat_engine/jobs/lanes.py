"""Lanes of jobs: which locks an order needs, and locks that the system frees when their holder ends.

A job of the lane `device` holds its machine's lock, one with a launcher that launcher's; every job that
works on a run holds the run's. A job takes all its locks or none, so that no two jobs wait for each
other. Of those that wait for a lock, the one that has waited longest gets it. The locks are `flock`s: on
a network disk they work between machines only where that disk supports it.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from stat_engine import config as configuration
from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.jobs import events
from stat_engine.jobs.folder import JobFolder
from stat_engine.method.stage import STORED, Stage, kept_and_stale, stage, stage_range
from stat_engine.orders import BuildOrder, DemoOrder, Order, RunOrder
from stat_engine.orders.work import SkillsOrder
from stat_engine.store.files import is_held, only_one
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder

PAUSE_S = 0.2


@dataclass(frozen=True)
class Obstacle:
    """Why it is not a job's turn."""

    waits_on: str
    """The lock, as in `device` or `run small`."""
    waits_for: str | None
    """The job that holds it or is before this one; None: a process that is no job."""


@contextlib.contextmanager
def in_turn(folder: JobFolder, wait: Callable[[Obstacle], None]) -> Iterator[None]:
    """Hold what the job needs; `wait` is told of each obstacle and may raise to give up."""
    while True:
        with contextlib.ExitStack() as held:
            obstacle = _take_all(folder, held)
            if obstacle is None:
                yield
                return
        wait(obstacle)
        time.sleep(PAUSE_S)


def _take_all(folder: JobFolder, held: contextlib.ExitStack) -> Obstacle | None:
    card, lanes = folder.card, folder.path.parent / "lanes"
    needed = _needed(card["run"], card["lane"])
    for name, file in needed.items():
        try:
            held.enter_context(only_one(lanes / file, name))
        except StatError:
            return Obstacle(name, _holder(lanes / file))
        if earlier := _earlier(folder, name):
            return Obstacle(name, earlier)
    if card["run"] and is_held(folder.root / "runs" / card["run"] / ".lock"):
        return Obstacle(f"run {card['run']}", None)
    for file in needed.values():
        (lanes / file).write_text(folder.id, encoding="utf-8")
    return None


def _needed(run: str | None, lane: str) -> dict[str, str]:
    """Each lock that a job needs -> its file. Machines that share a workspace have a device each."""
    needed = {f"run {run}": f"run-{run}.lock"} if run else {}
    if lane != "teacher":
        needed[lane] = f"device-{events.host()}.lock" if lane == "device" else f"launcher-{lane}.lock"
    return needed


def _holder(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") or None


def _earlier(folder: JobFolder, name: str) -> str | None:
    """The job that has waited longer for this lock; one that waits for another lock is passed by."""
    mine = _since(folder)
    for path in folder.path.parent.glob("*/launch.json"):
        other = JobFolder(path.parent)
        if other.id != folder.id and not other.damage() and _since(other) < mine and other.waits_on() == name:
            return other.id
    return None


def _since(folder: JobFolder) -> tuple[str, str]:
    launch = folder.launch
    return (str(launch.get("at") or "") if launch else "", folder.id)


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
