"""Disk use of a workspace by part, and the files that can be removed or made again.

Bytes are the lengths of the files. This module does not know which files are in use: a caller that
removes something holds its lock, as `jobs.cleaning` does."""

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stat_engine.method.stage import STORED
from stat_engine.store.files import STAGING, read_lines

Kind = Literal["unfinished", "checkpoints", "job_log", "run"]
RUN_PARTS = {folder: of.folders[0] for of in STORED for folder in of.folders}
"""Folder of a run -> the part that it counts as; of `students`, `checkpoints` are a part of their own."""
PARTS = (*(of.folders[0] for of in STORED), "checkpoints", "unfinished", "other")
WORKSPACE_PARTS = ("datasets", "teacher_calls", "embeddings", "checkpoints", "jobs")
DECISIONS = ("label_events.jsonl", "verdict_events.jsonl", "training_sets/*/example_events.jsonl")
"""Where people's decisions on a run are: the only files in it that no machine can make again."""
TEMPORARY_S = 60.0
"""A temporary file may be in use for so long."""
ABANDONED_S = 600.0
"""A run's folder without a card is a copy under way until nothing was written to it for so long."""


@dataclass(frozen=True)
class Leftover:
    """A file or folder that may go."""

    kind: Kind
    path: Path
    n_bytes: int


def used_by_run(folder: Path) -> dict[str, int]:
    """Bytes of each of PARTS of a run."""
    used = dict.fromkeys(PARTS, 0)
    for path, n_bytes in _files(folder):
        used[_part(path.relative_to(folder).parts)] += n_bytes
    return used


def used_by_workspace(root: Path) -> dict[str, Any]:
    """{"runs": {run: {part: bytes}}, each of WORKSPACE_PARTS: bytes, "other": bytes, "total": bytes}.

    A run's folder without a card, left by an interrupted copy, counts as `other`."""
    runs = {card.parent.name: used_by_run(card.parent) for card in sorted(root.glob("runs/*/run.json"))}
    parts = {part: used(root / part) for part in WORKSPACE_PARTS}
    total = used(root)
    known = sum(parts.values()) + sum(sum(of.values()) for of in runs.values())
    return {"runs": runs, **parts, "other": total - known, "total": total}


def used(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; 0 where there is none."""
    return sum(n_bytes for _, n_bytes in _files(path))


def unfinished(run: Path) -> list[Leftover]:
    """Batches of interrupted or abandoned stages, and temporary files of killed processes."""
    parts = [path for path in run.rglob("parts-*") if path.is_dir()]
    temporary = [path for path in run.rglob("*.tmp") if _age_s(path) > TEMPORARY_S]
    inside = [path for path in temporary if not any(part in path.parents for part in parts)]
    return [_leftover("unfinished", path) for path in sorted([*parts, *inside])]


def abandoned(root: Path) -> list[Leftover]:
    """Folders without a run card, which are interrupted copies, and the files of interrupted imports."""
    folders = [path for path in sorted(root.glob("runs/*")) if path.is_dir()]
    cardless = [path for path in folders if not (path / "run.json").exists()]
    left = [*cardless, *sorted(root.glob(f"{STAGING}*"))]
    return [_leftover("unfinished", path) for path in left if _since_change_s(path) > ABANDONED_S]


def checkpoints(run: Path) -> list[Leftover]:
    """What the trainer left of fine-tunings that are finished; their adapters are not of it."""
    finished = sorted(run.glob("students/*/seed-*/manifest.json"))
    folders = [path.parent / "checkpoints" for path in finished]
    return [_leftover("checkpoints", path) for path in folders if path.exists()]


def job_logs(root: Path, ids: Iterable[str]) -> list[Leftover]:
    """What these jobs and their launchers printed; the jobs themselves stay in the list."""
    paths = [root / "jobs" / id / name for id in sorted(ids) for name in ("log.txt", "launch.txt")]
    found = [_leftover("job_log", path) for path in paths if path.exists()]
    return [item for item in found if item.n_bytes]


def whole_run(run: Path) -> Leftover:
    """Everything of a run."""
    return _leftover("run", run)


def n_decisions(run: Path) -> int:
    """Decisions of people that are kept in a run's folder, those taken back too."""
    return sum(len(read_lines(path)[0]) for pattern in DECISIONS for path in run.glob(pattern))


def remove(leftovers: Iterable[Leftover]) -> int:
    """Delete them; the bytes that came free. A run's card goes first, so that no half run is ever listed."""
    freed = 0
    for item in leftovers:
        (item.path / "run.json").unlink(missing_ok=True) if item.kind == "run" else None
        if item.path.is_dir():
            shutil.rmtree(item.path)
        else:
            item.path.unlink(missing_ok=True)
        freed += item.n_bytes
    return freed


def _leftover(kind: Kind, path: Path) -> Leftover:
    return Leftover(kind, path, used(path))


def _part(parts: tuple[str, ...]) -> str:
    if any(name.startswith("parts-") for name in parts[:-1]) or parts[-1].endswith(".tmp"):
        return "unfinished"
    if parts[0] == "students" and "checkpoints" in parts:
        return "checkpoints"
    return RUN_PARTS.get(parts[0], "other")


def _files(path: Path) -> Iterator[tuple[Path, int]]:
    """Every file with its length; one that goes meanwhile is passed by, and links are not followed."""
    if path.is_file():
        yield path, path.stat().st_size
    for folder, _, names in os.walk(path):
        for name in names:
            file = Path(folder, name)
            try:
                yield file, file.lstat().st_size
            except FileNotFoundError:
                continue


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0


def _since_change_s(folder: Path) -> float:
    """Seconds since anything in a folder was written; by ctime, because copies keep the old mtime."""
    times = [path.lstat().st_ctime for path, _ in _files(folder)]
    return time.time() - max([*times, folder.stat().st_ctime])


def in_words(n_bytes: float) -> str:
    """A number of bytes for people, in steps of 1,000 as file managers and drives count."""
    for unit in ("bytes", "kB", "MB"):
        if n_bytes < 1000:
            return f"{n_bytes:,.0f} bytes" if unit == "bytes" else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:,.1f} GB"
