"""Long work as a job: the options that detach a verb, what they exclude, and how the job is started."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from stat_engine import jobs
from stat_engine.api import Workspace
from stat_engine.cli.verbs import Shown
from stat_engine.errors import StatError
from stat_engine.orders import Order

DetachOption = Annotated[
    bool, typer.Option("--detach", help="Run as a job, which continues when this terminal closes")
]


@dataclass(frozen=True)
class Detaching:
    """Whether the work is a job, and which launcher starts it."""

    detach: DetachOption = False
    launcher: Annotated[
        str | None, typer.Option(help="With --detach: launcher that starts the job elsewhere")
    ] = None

    def check(self, place: Workspace, dry_run: bool = False) -> None:
        """Refuse options that exclude one another, before any setting is changed or any copy made."""
        if self.detach and dry_run:
            raise StatError("--dry-run --detach: a dry run does no work that could be detached")
        if self.launcher and not self.detach:
            raise StatError(f"--launcher {self.launcher}: only a job has a launcher; add --detach")
        if self.launcher:
            jobs.need_launcher(place.root, self.launcher)

    def start(self, place: Workspace, order: Order) -> Shown:
        """Submit an order as a job and say how to follow it."""
        return started(jobs.submit(place.root, order, launcher=self.launcher))


def started(job: Mapping[str, Any]) -> Shown:
    """A job that was started, and how to follow it."""
    head = f"job {job['id']} is {job['state']} in lane {job['lane']}"
    return Shown(job, [f"{head}; follow it with: stat-studio jobs log {job['id']} --follow"])
