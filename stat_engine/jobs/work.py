"""The worker: one job from its place in the queue to its end, in a separate process, with its reports.

`stat_engine/cli/worker.py` is the program; it says how an order is carried out.
"""

import contextlib
import faulthandler
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stat_engine.errors import StatError
from stat_engine.jobs import events
from stat_engine.jobs.folder import JobFolder
from stat_engine.jobs.lanes import Obstacle, in_turn
from stat_engine.store.files import only_one, write_json


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
PATIENCE_S = 5.0
"""So long after a stop was asked for, work that has not come to a place to stop at is ended."""


class Stopped(BaseException):
    """Ends the work between two rows. No Exception, so that nothing on the way takes it for an error."""


class JobReport:
    """A `Report` that writes a job's events, and raises Stopped once the job's file `stop` is there."""

    def __init__(self, folder: JobFolder) -> None:
        self._folder = folder
        self._state = "queued"
        self._lock = threading.Lock()
        self._written: dict[str, float] = {}
        self._tokens: dict[str, int] = {}
        self._latest: dict[str, Any] | None = None
        self._pending: dict[str, Any] | None = None

    def progress(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` rows of a stage are on disk: a job stops here."""
        with self._lock:
            tokens = self._tokens.get(stage)
            more = {"written_tokens": tokens} if tokens else {}
            self._latest = self._pending = {"stage": stage, "done": done, "total": total, **more}
            is_due = time.monotonic() - self._written.get(stage, -EVERY_S) >= EVERY_S
        if is_due or done >= total:
            self.flush()
        self.check()

    def wrote(self, stage: str, n_tokens: int) -> None:
        """So many more tokens of a stage are written: between two of its rows a job stops here."""
        with self._lock:
            self._tokens[stage] = self._tokens.get(stage, 0) + n_tokens
            if n_tokens and self._latest and self._latest["stage"] == stage:
                self._latest = self._pending = {**self._latest, "written_tokens": self._tokens[stage]}
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

    def is_to_stop(self) -> bool:
        """Whether the job was asked to stop while it works; one that waits in the queue looks for itself."""
        return self._state == "running" and self._folder.stop.exists()

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
        asked_at: float | None = None
        while not self._is_over.wait(BEAT_S):
            with contextlib.suppress(OSError):  # a full disk stops the work itself, with its own sentence
                self._beat()
            if self._report.is_to_stop():
                asked_at = asked_at or time.monotonic()
                if time.monotonic() - asked_at >= PATIENCE_S:
                    self._end()

    def _end(self) -> None:
        """End this process now: the work is in a long call of a library, and all that is made is on disk."""
        with contextlib.suppress(OSError):
            self._report.enter("stopped", sentence=None)
        print("stopped", file=sys.stderr, flush=True)  # noqa: T201 (the log is what it prints)
        os._exit(1)

    def _beat(self) -> None:
        self._report.flush()
        write_json(self._path, self._count.look())


Perform = Callable[[JobFolder, JobReport], None]
Explain = Callable[[Exception], str]


def work(path: Path, perform: Perform, explain: Explain) -> bool:
    """Work a job off; whether it is done. Raises StatError where another worker is at it."""
    folder = JobFolder(path)
    with only_one(path / ".lock", f"job {folder.id}"):
        _listen(folder)
        _speak(folder)
        report = JobReport(folder)
        with Pulse(folder, report):  # its first beat comes before the process is known, so none is late
            process = events.describe()
            write_json(path / "process.json", process)

            def begin() -> None:
                write_json(path / "process.json", {**process, "running_since": events.now()})
                report.enter("running")

            state, sentence = _outcome(folder, report, begin, perform, explain)
        report.enter(state, sentence=sentence)
    return state == "done"


def _outcome(
    folder: JobFolder, report: JobReport, begin: Callable[[], None], perform: Perform, explain: Explain
) -> tuple[str, str | None]:
    waiting: list[Obstacle] = []

    def wait(obstacle: Obstacle) -> None:
        if waiting[-1:] != [obstacle]:
            waiting.append(obstacle)
            report.enter("queued", waits_on=obstacle.waits_on, waits_for=obstacle.waits_for)
        report.check()

    try:
        with in_turn(folder, wait):
            report.check()
            begin()
            perform(folder, report)
    except Stopped:
        print("stopped", file=sys.stderr)  # noqa: T201 (the log is what it prints)
        return "stopped", None
    except Exception as error:
        if not isinstance(error, StatError):
            traceback.print_exc()
        sentence = explain(error)
        print(f"stat-studio: {sentence}", file=sys.stderr)  # noqa: T201
        if folder.stop.exists():  # a scheduler that ends a job ends its model's process too
            return "stopped", sentence
        return "failed", sentence
    return "done", None


def _listen(folder: JobFolder) -> None:
    """A signal to end is a wish to stop, like the file; a terminal that closes is none.

    A handler would wait for the end of a library's call, so a thread reads what arrived."""
    arrived, theirs = socket.socketpair()
    theirs.setblocking(False)
    signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    for wish in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wish, lambda *_: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def listen(_keeps_open: socket.socket = theirs) -> None:
        while arrived.recv(1):
            folder.stop.touch()

    threading.Thread(target=listen, name="signals", daemon=True).start()


def _speak(folder: JobFolder) -> None:
    """Everything printed from here on goes to the log, also what native code prints when it crashes."""
    with folder.log.open("ab", buffering=0) as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    faulthandler.enable()
    print(f"$ stat-studio {' '.join(folder.card['arguments'])}", flush=True)  # noqa: T201
    cwd = folder.card.get("cwd")
    if cwd and Path(cwd).is_dir():  # files named in the arguments are relative to where they were given
        os.chdir(cwd)
