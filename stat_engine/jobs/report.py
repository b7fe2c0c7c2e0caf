"""The worker's reports: progress becomes events, and a request to stop reaches the work.

The cost of a job's teacher calls so far is read from the stored answers as they are appended."""

import contextlib
import json
import threading
import time
from pathlib import Path
from typing import Any

from stat_engine.jobs import events
from stat_engine.jobs.folder import JobFolder
from stat_engine.store.files import write_json


class CallCount:
    """Calls, tokens and USD of a run's teacher calls since its job began; `known` is an earlier look."""

    def __init__(self, folder: Path, run: str | None, known: dict[str, Any]) -> None:
        self._folder, self._run = folder, run
        nothing = {"calls": 0, "input_tokens": 0, "output_tokens": 0, "cost": None}
        self._spent: dict[str, Any] = dict(known.get("spent", nothing))
        here = {path.name: path.stat().st_size for path in folder.glob("*.jsonl")}
        self._offsets: dict[str, int] = dict(known.get("offsets", here))

    def look(self) -> dict[str, Any]:
        """`spent` (calls, input_tokens, output_tokens, cost in USD or None) and `offsets` in bytes."""
        for path in sorted(self._folder.glob("*.jsonl")):
            self._read(path)
        return {"spent": self._spent, "offsets": self._offsets}

    def _read(self, path: Path) -> None:
        offset = self._offsets.get(path.name, 0)
        if path.stat().st_size <= offset:
            return
        with path.open("rb") as handle:
            handle.seek(offset)
            whole = handle.read().rpartition(b"\n")[0]  # the rest is still being written
        for line in whole.split(b"\n"):
            self._add(line)
        self._offsets[path.name] = offset + (len(whole) + 1 if whole else 0)

    def _add(self, line: bytes) -> None:
        try:
            call = json.loads(line)
        except ValueError:  # torn by a kill
            return
        if call.get("run") != self._run:
            return
        self._spent["calls"] += 1
        for key in ("input_tokens", "output_tokens"):
            self._spent[key] += call.get(key) or 0
        if call.get("cost") is not None:
            self._spent["cost"] = (self._spent["cost"] or 0.0) + call["cost"]


EVERY_S = 1.0
"""Progress of a stage is written at most so often; its first and its last are always."""
BEAT_S = 2.0


class Stopped(BaseException):
    """Ends the work at a batch boundary. No Exception, so that nothing on the way takes it for an error."""


class JobReport:
    """A `Report` that writes a job's events, and raises Stopped once the job's file `stop` is there."""

    def __init__(self, folder: JobFolder) -> None:
        self._folder = folder
        self._state = "queued"
        self._lock = threading.Lock()
        self._written: dict[str, float] = {}
        self._pending: dict[str, Any] | None = None

    def progress(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` items of a stage are on disk: the boundary at which a job stops."""
        with self._lock:
            self._pending = {"stage": stage, "done": done, "total": total}
            is_due = time.monotonic() - self._written.get(stage, -EVERY_S) >= EVERY_S
        if is_due or done >= total:
            self.flush()
        self.check()

    def say(self, stage: str, sentence: str) -> None:
        """A sentence about a stage's outcome."""
        self.flush()
        self._append("say", stage=stage, sentence=sentence)
        self.check()

    def enter(self, state: str, **what: Any) -> None:
        """The job's state from now on."""
        self.flush()
        self._state = state
        self._append("state", **what)

    def flush(self) -> None:
        """Write the progress that was held back."""
        with self._lock:
            pending, self._pending = self._pending, None
            if pending:
                self._written[pending["stage"]] = time.monotonic()
                self._append("progress", **pending)

    def check(self) -> None:
        """Raise Stopped where the job was asked to stop."""
        if self._folder.stop.exists():
            raise Stopped

    def _append(self, kind: str, **what: Any) -> None:
        events.append(self._folder.events, self._state, kind, **what)


class Pulse:
    """While it is a context, a thread writes the job's heartbeat every two seconds."""

    def __init__(self, folder: JobFolder, report: JobReport) -> None:
        self._path = folder.path / "heartbeat.json"
        self._report = report
        self._count = CallCount(folder.root / "teacher_calls", folder.card.get("run"), folder.heartbeat)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._live, name="heartbeat", daemon=True)

    def __enter__(self) -> "Pulse":
        self._beat()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        with contextlib.suppress(OSError):
            self._beat()

    def _live(self) -> None:
        while not self._is_over.wait(BEAT_S):
            with contextlib.suppress(OSError):  # a full disk stops the work itself, with its own sentence
                self._beat()

    def _beat(self) -> None:
        self._report.flush()
        write_json(self._path, self._count.look())
