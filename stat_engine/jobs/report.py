"""The worker's end of a job: what the work reports becomes events, and a wish to stop reaches the work."""

import contextlib
import threading
import time
from typing import Any

from stat_engine.jobs import events
from stat_engine.jobs.folder import JobFolder
from stat_engine.jobs.spending import CallCount
from stat_engine.store.files import write_json

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
