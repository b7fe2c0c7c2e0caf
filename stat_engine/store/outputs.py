"""Places that files for people and other tools are written to: never among a workspace's own records."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from stat_engine.errors import StatError
from stat_engine.store.exported import check_replaceable

FOLDERS = (
    "runs", "datasets", "teacher_calls", "embeddings", "jobs", "studies", "uploads", "checkpoints", ".rows",
)  # fmt: skip
FILES = ("settings.json", "reviewer.json", "marks.jsonl", "exports.jsonl", ".settings.lock")
MARKS = (
    "runs/*/run.json", "runs/*/*/manifest.json", "runs/*/label_events.jsonl", "datasets/*/*/manifest.json",
    "datasets/*/questions/", "jobs/*/job.json", "studies/*/study.json", "teacher_calls/*.jsonl",
)  # fmt: skip
"""A folder that holds one of these is a workspace, whatever its name."""


def output_place(path: Path, workspace: Path | None = None, is_kept: bool = False) -> Path:
    """The path, if files may be written there; symbolic links and `..` are followed first.

    Raises StatError for the records of a workspace (`workspace`, and any that its files show to be one), and
    for a file that the running command may not replace, unless `is_kept`: what it holds stays in it."""
    places = {Path(os.path.realpath(path)), Path(os.path.realpath(path.parent), path.name)}
    if path.is_dir():  # a file of the folder that is a link would be written through
        places |= {Path(os.path.realpath(child)) for child in path.iterdir() if child.is_symlink()}
    for place in places:
        for root, own in _records_around(place, workspace):
            raise StatError(
                f"{path}: found a place inside {own} of the workspace {root}, which only this program "
                "writes to; expected a path outside the workspace's records"
            )
    if path.exists() and not path.is_file() and not path.is_dir():
        # a new file would take the place of a device, such as /dev/null, for every program of the machine
        raise StatError(f"{path}: found a device, a pipe or a socket, expected a file or a place for one")
    if not is_kept:
        check_replaceable(path)
    return path


def _records_around(place: Path, workspace: Path | None) -> Iterator[tuple[Path, str]]:
    """(workspace, record's name) for every workspace whose records hold the place."""
    for inside in (place, *place.parents):
        root, own = inside.parent, inside.name
        if own in FOLDERS + FILES and _is_workspace(root, workspace):
            yield root, own
        yield from ((workspace, name) for name in FOLDERS if workspace and _is_same(inside, workspace / name))


def _is_workspace(root: Path, workspace: Path | None) -> bool:
    if workspace and root == Path(os.path.realpath(workspace)):
        return True
    return any(next(root.glob(mark), None) is not None for mark in MARKS)


def _is_same(one: Path, other: Path) -> bool:
    """Whether both are one folder: mounted twice, or named in other letters on a disk that ignores case."""
    with suppress(OSError):
        return one.samefile(other)
    return False
