"""Long work as jobs, each a process of its own: list, log, stop, resume."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine import jobs
from stat_engine.api import Workspace
from stat_engine.cli.detaching import started
from stat_engine.cli.terminal import printable, seconds, show, table
from stat_engine.cli.verbs import JsonOption, Shown, Verbs, WorkspaceOption

app = Verbs(help=__doc__)
JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="Job in the workspace", show_default=False)]
LOOK_EVERY_S = 0.5
COLUMNS = {
    "id": "job", "state": "state", "run": "run", "stage": "stage", "done": "done", "total": "of",
    "rate": "a second", "left": "left", "tokens": "tokens", "cost": "USD", "lane": "lane",
    "waits_for": "waits for",
}  # fmt: skip


@app.verb("list")
def list_jobs(place: Workspace) -> Shown:
    """List the jobs, newest first: state, how far, how fast, time left, tokens and cost so far."""
    found = jobs.listed(place.root)
    rows = [{**job, "left": _left(job)} for job in found]
    lines = table(rows, COLUMNS) if rows else ["no jobs; start one with: stat-studio run RUN --detach"]
    return Shown({"jobs": found}, lines)


@app.command("log")
def log(
    job: JobArgument,
    follow: Annotated[
        bool, typer.Option("--follow", help="Continue until the job ends; Ctrl-C ends only the display")
    ] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show what a job printed, and how it ended."""
    root, read = Workspace(workspace).root, 0
    jobs.job(root, job)
    while True:
        # asked before the log is read, so that no line at its end is missed
        is_running = jobs.job(root, job)["is_running"]
        read = read if json else _print_from(jobs.log_file(root, job), read)
        if not (follow and is_running):
            break
        time.sleep(LOOK_EVERY_S)
    now = jobs.job(root, job)
    if json:
        show(now | {"log": _text(jobs.log_file(root, job))}, True, [])
    else:
        show(now, False, ended(now))


@app.verb("events")
def show_events(place: Workspace, job: JobArgument) -> Shown:
    """Show a job's latest events: states, progress, and what its stages said."""
    found = jobs.history(place.root, job)
    columns = {
        "at": "when (UTC)", "state": "state", "stage": "stage", "done": "done", "total": "of",
        "sentence": "said",
    }  # fmt: skip
    return Shown({"id": job, "events": found}, table(found, columns))


@app.verb("stop")
def stop(place: Workspace, job: JobArgument) -> Shown:
    """Stop a job within 10 s; what is finished stays, `jobs resume` makes what is missing."""
    now = jobs.stop(place.root, job)
    return Shown(now, [f"job {job} is {now['state']}; resume it with: stat-studio jobs resume {job}"])


@app.verb("resume")
def resume(place: Workspace, job: JobArgument) -> Shown:
    """Continue a job that was stopped, failed or was lost, after its last finished batch."""
    return started(jobs.resume(place.root, job))


@app.verb("launchers")
def launchers(place: Workspace) -> Shown:
    """Show the launchers: command templates that start a job on another machine or device."""
    return _launchers(jobs.launchers(place.root))


@app.verb("launcher")
def launcher(
    place: Workspace,
    name: Annotated[str, typer.Argument(help="Launcher, and its lane", show_default=False)],
    template: Annotated[
        str | None,
        typer.Argument(
            metavar="TEMPLATE", help="As in 'srun --gres=gpu:1 {command}'; none: forget the launcher"
        ),
    ] = None,
) -> Shown:
    """Set a launcher's template, in which {command} stands for the job; without a template, forget it."""
    return _launchers(jobs.set_launcher(place.root, name, template))


def ended(job: dict[str, Any]) -> list[str]:
    """The state of a job; of a failed one also its last message, which its log may not hold."""
    words = [job["last_words"]] if job["state"] == "failed" else []
    return [f"job {job['id']} is {job['state']}", *words]


def _launchers(found: dict[str, str]) -> Shown:
    rows = [{"name": name, "template": template} for name, template in found.items()]
    none = ["no launchers; make one with: stat-studio jobs launcher NAME 'srun {command}'"]
    columns = {"name": "launcher", "template": "template"}
    return Shown({"launchers": found}, table(rows, columns) if rows else none)


def _left(job: dict[str, Any]) -> str:
    return "" if job["seconds_left"] is None else seconds(job["seconds_left"])


def _print_from(path: Path, read: int) -> int:
    """Print a log from a byte on; the byte after what was printed."""
    if not path.exists():
        return 0
    with path.open("rb") as handle:
        handle.seek(read)
        new = handle.read()
    sys.stdout.write(printable(new.decode("utf-8", "replace")))
    sys.stdout.flush()
    return read + len(new)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
