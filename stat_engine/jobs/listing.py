"""All jobs of a workspace; jobs that have ended are read once and remembered."""

import os
from pathlib import Path
from typing import Any

from stat_engine.jobs.folder import ENDS, JobFolder

MANY = 10_000
"""Ended jobs that a process remembers."""
Mark = tuple[tuple[int, int] | None, ...]
_ENDED: dict[Path, tuple[Mark, dict[str, Any]]] = {}


def listed(root: Path) -> list[dict[str, Any]]:
    """All jobs as `job` has them, newest first; one with a damaged file has the state `damaged`."""
    found = [_described(path.parent) for path in root.glob("jobs/*/job.json")]
    return sorted(found, key=lambda job: str(job["created"]), reverse=True)


def _described(path: Path) -> dict[str, Any]:
    """A job; one that has ended is read again only when its card, events or log have changed."""
    mark = _mark(path)
    kept = _ENDED.get(path)
    if kept and kept[0] == mark:
        return dict(kept[1])
    job = JobFolder(path).describe()
    if job["state"] in ENDS:
        while len(_ENDED) >= MANY:
            _ENDED.pop(next(iter(_ENDED)), None)
        _ENDED[path] = (mark, job)
    return dict(job)


def _mark(path: Path) -> Mark:
    """Size and time of change of the files that show how a job ended; a new attempt appends to its events."""
    stats = [_stat(path / name) for name in ("job.json", "events.jsonl", "log.txt", "launch.txt")]
    return tuple((found.st_size, found.st_mtime_ns) if found else None for found in stats)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
