"""What verbs of long work share: their job, where it is worked off, and what does not go together."""

from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine import jobs
from stat_engine.cli.terminal import show
from stat_engine.errors import StatError
from stat_engine.orders import Order

DetachOption = Annotated[
    bool, typer.Option("--detach", help="Work as a job, which goes on when this terminal closes")
]
LauncherOption = Annotated[
    str | None, typer.Option(help="With --detach: launcher that starts the job elsewhere")
]


def check_detached(workspace: Path, detach: bool, launcher: str | None, dry_run: bool = False) -> None:
    """Refuse what does not go together, before any setting is changed or any copy made."""
    if detach and dry_run:
        raise StatError("--dry-run --detach: a dry run does no work that could be detached")
    if launcher and not detach:
        raise StatError(f"--launcher {launcher}: only a job has a launcher; add --detach")
    if launcher:
        jobs.need_launcher(workspace, launcher)


def start_job(workspace: Path, order: Order, launcher: str | None, as_json: bool) -> None:
    """Submit an order as a job and say how to follow it."""
    started(jobs.submit(workspace, order, launcher=launcher), as_json)


def started(job: dict[str, Any], as_json: bool) -> None:
    """Say that a job was started and how to follow it."""
    head = f"job {job['id']} is {job['state']} in lane {job['lane']}"
    show(job, as_json, [f"{head}; follow it with: stat-studio jobs log {job['id']} --follow"])
