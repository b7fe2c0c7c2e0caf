"""Long work as processes of their own: closing the app or the terminal stops nothing.

A job is a folder `jobs/<job>/` with `job.json` and `log.txt`. A process is known by its id and its
start time, so a reused id is not taken for it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from stat_engine.store.files import read_json, safe_name, write_json

TAIL_BYTES = 4000


def submit(root: Path, name: str, arguments: list[str]) -> dict[str, Any]:
    """Start `stat-studio` with these arguments, detached; returns the job's card."""
    folder = root / "jobs" / safe_name(name, "job")
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "stat_engine.cli", *arguments, "--workspace", str(root.resolve())]
    with (folder / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    card = {"job": name, "arguments": arguments, "pid": process.pid, "started": _start_time(process.pid)}
    write_json(folder / "job.json", card)
    return card


def job(root: Path, name: str) -> dict[str, Any] | None:
    """A job's card with `is_running` and the tail of its log; None where there is no such job."""
    folder = root / "jobs" / safe_name(name, "job")
    card = read_json(folder / "job.json")
    if card is None:
        return None
    is_running = card["started"] is not None and _start_time(card["pid"]) == card["started"]
    return {**card, "is_running": is_running, "log": _tail(folder / "log.txt")}


def _start_time(pid: int) -> float | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


def _tail(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as handle:
        handle.seek(max(0, path.stat().st_size - TAIL_BYTES))
        return handle.read().decode("utf-8", "replace")
