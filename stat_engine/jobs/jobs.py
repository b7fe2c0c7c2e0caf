"""Jobs of a workspace: submit, list, stop, resume. Pages and command line call the same functions."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from stat_engine.errors import NotThereYet, StatError, WriteFailed
from stat_engine.jobs import events
from stat_engine.jobs.folder import JobFolder
from stat_engine.jobs.lanes import lane_of
from stat_engine.jobs.launchers import launch_command
from stat_engine.jobs.listing import listed
from stat_engine.orders import Order
from stat_engine.store.files import is_held, only_one, safe_name, write_json

LONGEST_STEM = 56
WORKER = [sys.executable, "-P", "-u", "-m", "stat_engine.cli.worker"]


def submit(root: Path, order: Order, name: str | None = None, launcher: str | None = None) -> dict[str, Any]:
    """Start the work of an order as a job, detached; returns `job`.

    A `name` that an ended job has, with the same order, starts that one again. Raises StatError for a run,
    stage or launcher that is none, and where a job with the same order is running already."""
    lane, arguments = lane_of(root, order), order.words()
    with _list_lock(root):
        _refuse_twice(root, arguments)
        folder = _new_folder(root, order, name)
        command = _command(root, folder, launcher)
        card = {
            "id": folder.id,
            "order": order.record(),
            "arguments": arguments,
            "run": order.of_run,
            "lane": launcher if launcher and lane == "device" else lane,
            "launcher": launcher,
            "cwd": str(Path.cwd()),
            "created": events.now(),
        }
        try:
            _stand_in(folder)
            (folder.path / "heartbeat.json").unlink(missing_ok=True)  # what it takes is counted again
            write_json(folder.path / "job.json", card)
            _start(folder, command)
        except WriteFailed:
            if not _has_begun(folder.path):  # a full disk leaves no job behind that was never started
                shutil.rmtree(folder.path, ignore_errors=True)
            raise
    return folder.describe()


def job(root: Path, id: str) -> dict[str, Any]:
    """A job: its state, how far it is, what it costs, its last message; keys in `docs/jobs.md`.

    Raises NotThereYet naming the jobs there are."""
    return _need(root, id).describe()


def find(root: Path, id: str) -> dict[str, Any] | None:
    """A job as `job` has it; None where there is none of that name."""
    folder = _folder(root, id)
    return folder.describe() if folder.is_there() else None


def history(root: Path, id: str) -> list[dict[str, Any]]:
    """A job's latest events, oldest first: {at, state, kind, ...}, as `docs/jobs.md` has them."""
    return events.latest(_need(root, id).events)


def log_tail(root: Path, id: str, n_bytes: int) -> str:
    """The end of what a job printed, or its launcher while there is no worker."""
    return events.tail(log_file(root, id), n_bytes)


def log_file(root: Path, id: str) -> Path:
    """Where a job's worker prints, or its launcher while there is no worker."""
    folder = _need(root, id)
    return folder.log if folder.log.exists() or not folder.launch_log.exists() else folder.launch_log


def stop(root: Path, id: str) -> dict[str, Any]:
    """Ask a job to stop within 10 s, keeping what is finished; one whose worker has not begun never will.

    Raises StatError for a job that has ended."""
    with _list_lock(root):  # else what stands for a process that is being started could be ended
        folder = _need(root, id)
        state = folder.state()
        if state not in ("queued", "running", "stopping") and not is_held(folder.path / ".lock"):
            raise StatError(f"job {id} is {state}; there is nothing to stop")
        folder.stop.touch()
        if state == "damaged":
            return folder.describe()
        launch = folder.launch
        if folder.process is None and launch and launch["host"] == events.host():
            with contextlib.suppress(ProcessLookupError):
                os.kill(launch["pid"], signal.SIGTERM)
    return folder.describe()


def resume(root: Path, id: str) -> dict[str, Any]:
    """Go on with a job that was stopped, failed or was lost, in a new process; returns `job`.

    What is on disk stays, so only what is missing is made. Raises StatError while it works and when done."""
    with _list_lock(root):
        folder = _need(root, id)
        card, state = folder.card, folder.state()
        if damage := folder.damage():
            raise StatError(f"job {id} cannot be resumed: {damage}")
        if state == "done":
            raise StatError(
                f"job {id} is done; to bring it up to date again: stat-studio {' '.join(card['arguments'])}"
            )
        if state not in ("stopped", "failed", "lost"):
            raise StatError(f"job {id} is {state}; stop it first: stat-studio jobs stop {id}")
        _refuse_twice(root, card["arguments"])
        _start(folder, _command(root, folder, card["launcher"]))
    return folder.describe()


def _start(folder: JobFolder, command: list[str]) -> None:
    """A new attempt."""
    launch = _stand_in(folder)
    for name in ("stop", "process.json"):
        (folder.path / name).unlink(missing_ok=True)
    events.append(folder.events, "queued", "state")
    try:
        with folder.launch_log.open("wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        sentence = f"{command[0]} could not be started: {error.strerror}"
        events.append(folder.events, "failed", "state", sentence=sentence)
        raise StatError(f"job {folder.id}: {sentence}") from None
    write_json(folder.path / "launch.json", events.describe(process.pid) | {"at": launch["at"]})


def _stand_in(folder: JobFolder) -> dict[str, Any]:
    """Until a job's process is there this one stands for it, so that it never looks dead."""
    launch = events.describe()
    write_json(folder.path / "launch.json", launch)
    return launch


def _command(root: Path, folder: JobFolder, launcher: str | None) -> list[str]:
    worker = [*WORKER, str(folder.path)]
    return launch_command(root, launcher, worker) if launcher else worker


def _refuse_twice(root: Path, arguments: list[str]) -> None:
    for other in listed(root):
        if other["is_running"] and other["arguments"] == arguments:
            raise StatError(f"job {other['id']} is doing just that; see: stat-studio jobs log {other['id']}")


def _new_folder(root: Path, order: Order, name: str | None) -> JobFolder:
    if name is None:
        return _folder(root, _free_id(root, order))
    folder = _folder(root, name)
    if folder.is_there():
        state = folder.state()
        if state in ("queued", "running", "stopping") or folder.card["arguments"] != order.words():
            raise StatError(f"job {name} is there already ({state}); choose another name")
    return folder


def _free_id(root: Path, order: Order) -> str:
    verb, run = order.verb.split()[0], order.of_run
    words = [verb, *([run] if run and run != verb else [])]
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(words))[:LONGEST_STEM].lstrip("._-") or "job"
    taken = {path.name for path in root.glob("jobs/*") if _has_begun(path)}
    at = 1
    while f"{stem}-{at}" in taken:
        at += 1
    return f"{stem}-{at}"


def _has_begun(folder: Path) -> bool:
    """Whether there is more of a job than what is written before it is started, as a kill may leave it."""
    return any((folder / name).exists() for name in ("events.jsonl", "process.json", "launch.txt", "log.txt"))


def _folder(root: Path, id: str) -> JobFolder:
    if id == "lanes":
        raise StatError("job name lanes: the folder of the locks has it; choose another")
    return JobFolder(root.resolve() / "jobs" / safe_name(id, "job"))


def _need(root: Path, id: str) -> JobFolder:
    folder = _folder(root, id)
    if not folder.is_there():
        there = ", ".join(sorted(path.parent.name for path in root.glob("jobs/*/job.json"))) or "none yet"
        raise NotThereYet(
            f"no job {id} in {root} (there: {there}); start one with: stat-studio run RUN --detach"
        )
    return folder


def _list_lock(root: Path) -> contextlib.AbstractContextManager[None]:
    return only_one(root / "jobs" / ".lock", "the list of jobs")
