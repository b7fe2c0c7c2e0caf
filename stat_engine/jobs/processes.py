"""Which process is whose: an id, the time it started, and the machine it is on."""

import os
import socket
from pathlib import Path
from typing import Any

import psutil

from stat_engine.jobs.events import now

CLOCK_S = 2.0
"""The system's own start times move by so much when the clock is set; no id is used again that soon."""


def host() -> str:
    """This machine's name."""
    return socket.gethostname()


def describe(pid: int | None = None) -> dict[str, Any]:
    """A process of this machine, this one unless another is named: `pid`, `started`, `host`, `at` (now)."""
    pid = pid or os.getpid()
    return {"pid": pid, "started": start_time(pid), "host": host(), "at": now()}


def is_alive(process: dict[str, Any]) -> bool:
    """Whether that process of this machine still runs; one that took over its id is not taken for it."""
    started = start_time(process["pid"])
    return None not in (started, process["started"]) and abs(started - process["started"]) < CLOCK_S


def start_time(pid: int) -> float | None:
    """Seconds since 1970 at which a process started; None where it has ended."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


def age_s(path: Path, beside: Path) -> float | None:
    """Seconds since a file was written, by the clock of the disk it is on; None where there is no file.

    Another machine's clock may be minutes off, so the present is what the same disk says when the file
    `beside` is touched. The file is opened first, because a network disk keeps old times otherwise."""
    try:
        with path.open("rb") as handle:
            written = os.fstat(handle.fileno()).st_mtime
        beside.touch()
        return beside.stat().st_mtime - written
    except FileNotFoundError:
        return None
