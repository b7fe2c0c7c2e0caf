"""Verbs on disk space: what runs take, and freeing it."""

from typing import Annotated, Any

import typer

from stat_engine import jobs
from stat_engine.api import Workspace, output
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.jobs import Wish

app = Verbs()
UnfinishedOption = Annotated[
    bool, typer.Option("--unfinished", help="Batches of interrupted stages, and temporary files")
]
CheckpointsOption = Annotated[
    bool, typer.Option("--checkpoints", help="The trainer's checkpoints of finished fine-tunings")
]
WholeRunOption = Annotated[
    str | None, typer.Option("--whole-run", metavar="NAME", help="A run to delete completely")
]
WithDecisionsOption = Annotated[
    bool, typer.Option("--with-decisions", help="With --whole-run: delete people's decisions too")
]
OptionalRun = Annotated[
    str | None, typer.Argument(help="Run in the workspace; all of them by default", show_default=False)
]


@app.verb("disk")
def disk(place: Workspace, run: OptionalRun = None) -> Shown:
    """Show what a run, or the workspace, takes on disk, by part."""
    if run:
        used = place.run(run).disk()
        result: dict[str, Any] = {"run": run, "parts": used, "bytes": sum(used.values())}
        rows: list[dict[str, Any]] = [{"run": run, "part": part, "bytes": n} for part, n in used.items() if n]
    else:
        result, rows = place.disk()
    shown = [row | {"size": output.size(row["bytes"])} for row in rows]
    columns = {"run": "run", "part": "part", "size": "on disk"}
    return Shown(result, [*table(shown, columns), f"in all {output.size(result['bytes'])}"])


@app.verb("clean")
def clean(
    place: Workspace,
    run: OptionalRun = None,
    unfinished: UnfinishedOption = False,
    checkpoints: CheckpointsOption = False,
    logs: Annotated[bool, typer.Option("--jobs", help="Output of jobs that ended long ago")] = False,
    days: Annotated[float, typer.Option(help="With --jobs: ended at least so many days ago")] = 30,
    whole_run: WholeRunOption = None,
    with_decisions: WithDecisionsOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be deleted")] = False,
) -> Shown:
    """Free disk space: delete what is left over or can be made again, or a whole run by its name."""
    wish = Wish(run, unfinished, checkpoints, logs, days, whole_run, with_decisions)
    result = jobs.clean(place, wish, dry_run)
    rows = [item | {"size": output.size(item["bytes"])} for item in result["items"]]
    lines = table(rows, {"path": "path", "size": "on disk"}) if rows else ["nothing is left over"]
    lost = [f"with it: {', '.join(result['losses'])}"] if result["losses"] else []
    busy = [f"skipped, because a process is working on it: {name}" for name in result["passed_by"]]
    verb = "would come free" if dry_run else "came free"
    return Shown(result, [*lines, *lost, *busy, f"{output.size(result['bytes'])} {verb}"])
