"""Events of a job, `events.jsonl`, and its speed computed from them.

An event is `{at, state, kind, ...}`: `at` in UTC, `state` the job's state at that moment, so the last
line is enough to know it. Kinds: `state` (with `waits_on`, `waits_for` or `sentence`), `progress`
(`stage`, `done`, `total`, and `written_tokens` where a model writes) and `say` (`stage`, `sentence`).
Readers look at the end of the file only. A process is identified by its id, its start time and its
machine."""

import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from stat_engine.store.files import append_lines

Event = dict[str, Any]
TAIL_BYTES = 65_536
"""At one progress event a second, far more than the window that a rate is measured over."""
BEGINNINGS = ("queued", "running")
WINDOW_S = 30.0
SHORTEST_S = 0.5
"""A rate over less would be noise."""


def now() -> str:
    """This moment in UTC, as events have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def append(path: Path, state: str, kind: str, **what: Any) -> None:
    """Add an event for good."""
    event = {"at": now(), "state": state, "kind": kind, **what}
    append_lines(path, json.dumps(event, ensure_ascii=False))


def latest(path: Path) -> list[Event]:
    """The whole events at the end of the file, oldest first; none where there is no file."""
    events = []
    for line in tail(path, TAIL_BYTES).split("\n"):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):  # torn by a kill, or cut where the tail begins
            continue
        if _is_event(event):
            events.append(event)
    return events


def _is_event(value: Any) -> bool:
    """Whether a line's value has what every event has, and what its kind has."""
    if not isinstance(value, dict) or not all(
        isinstance(value.get(key), str) for key in ("at", "state", "kind")
    ):
        return False
    try:
        datetime.fromisoformat(value["at"])
    except ValueError:
        return False
    if value["kind"] == "progress":
        return isinstance(value.get("stage"), str) and all(
            isinstance(value.get(key), int | float) for key in ("done", "total")
        )
    return value["kind"] != "say" or all(isinstance(value.get(key), str) for key in ("stage", "sentence"))


def tail(path: Path, n_bytes: int) -> str:
    """The last bytes of a file as text; empty where there is no file."""
    try:
        with path.open("rb") as handle:
            handle.seek(max(0, path.stat().st_size - n_bytes))
            return handle.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def pace(events: list[Event]) -> dict[str, Any]:
    """`stage`, `done`, `total`, `written_tokens`, `rate` (items a second over the last 30 s), `seconds_left`;
    None: unknown."""
    own = [event for event in _of_this_attempt(events) if event["kind"] == "progress"]
    if not own:
        return dict.fromkeys(("stage", "done", "total", "written_tokens", "rate", "seconds_left"))
    last = own[-1]
    rate = _rate(_same_count(own))
    left = last["total"] - last["done"]
    return {
        **{key: last[key] for key in ("stage", "done", "total")},
        "written_tokens": last.get("written_tokens"),
        "rate": rate,
        "seconds_left": left / rate if rate else None,
    }


def _of_this_attempt(events: list[Event]) -> list[Event]:
    begins = [at for at, e in enumerate(events) if e["kind"] == "state" and e["state"] in BEGINNINGS]
    return events[begins[-1] :] if begins else events


def _same_count(progress: list[Event]) -> list[Event]:
    """The events that count towards the last one's total: stages that share a name count again."""
    last = progress[-1]
    same = [last]
    for event in reversed(progress[:-1]):
        if (event["stage"], event["total"]) == (last["stage"], last["total"]):
            if event["done"] > same[0]["done"]:
                break
            same.insert(0, event)
    return same


def _rate(counts: list[Event]) -> float | None:
    # the first event may be of batches that were on disk already, and so may those of its first second
    times = [datetime.fromisoformat(event["at"]).timestamp() for event in counts][1:]
    counts = counts[1:]
    if len(counts) < 2:
        return None
    before = [at for at, time in enumerate(times) if times[-1] - time >= WINDOW_S]
    begin = before[-1] if before else 0
    seconds = times[-1] - times[begin]
    return (counts[-1]["done"] - counts[begin]["done"]) / seconds if seconds >= SHORTEST_S else None


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
    started, known = start_time(process["pid"]), process.get("started")
    return started is not None and known is not None and abs(started - known) < CLOCK_S


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
