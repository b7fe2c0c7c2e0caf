"""The worker: one job from its place in the queue to its end, in a separate process.

`stat_engine/cli/worker.py` is the program; it says how an order is carried out."""

import faulthandler
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from stat_engine.errors import StatError
from stat_engine.jobs import events
from stat_engine.jobs.folder import JobFolder
from stat_engine.jobs.lanes import Obstacle, in_turn
from stat_engine.jobs.report import JobReport, Pulse, Stopped
from stat_engine.store.files import only_one, write_json

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
    """A signal to end is a wish to stop, like the file; a terminal that closes is none."""
    for wish in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wish, lambda *_: folder.stop.touch())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


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
