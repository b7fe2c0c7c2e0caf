"""Lanes of jobs: locks that the system frees when their holder ends, so no daemon is needed.

A job of the lane `device` holds its machine's lock, one with a launcher that launcher's; every job that
works on a run holds the run's. A job takes all its locks or none, so that no two jobs wait for each
other. Of those that wait for a lock, the one that has waited longest gets it. The locks are `flock`s: on
a network disk they work between machines only where that disk supports it."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stat_engine.errors import StatError
from stat_engine.jobs import events
from stat_engine.jobs.folder import JobFolder
from stat_engine.store.files import is_held, only_one

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
        if other.id != folder.id and _since(other) < mine and other.waits_on() == name:
            return other.id
    return None


def _since(folder: JobFolder) -> tuple[str, str]:
    launch = folder.launch
    return (launch["at"] if launch else "", folder.id)
