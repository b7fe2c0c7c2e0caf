"""Verbs on the workspace's runs: runs, note, tag, and disk and clean, which show and free what they take."""

from typing import Annotated, Any

import pandas as pd
import typer

from stat_engine import jobs, views
from stat_engine.api import Workspace
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.jobs import Wish
from stat_engine.store import disk
from stat_engine.store.cards import change_tags, kept_row, set_note

OptionalRun = Annotated[
    str | None, typer.Argument(help="Run in the workspace; all of them by default", show_default=False)
]
RUN_COLUMNS = {
    "run": "run", "dataset": "dataset", "student": "student", "teacher": "teacher",
    "n_difficult": "difficult", "n_questions": "of", "most_missed": "most missed", "best_arm": "best arm",
    "accuracy": "test", "base_accuracy": "student", "n_done": "stages", "cost": "USD", "size": "on disk",
    "tags": "tags", "note": "note",
}  # fmt: skip


def list_runs(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """List the runs, newest first: what each found, what it cost and what it takes on disk."""
    place = Workspace(workspace)
    found = views.runs.table(place, lambda run: kept_row(place, run, views.runs.row, views.runs.MADE_BY))
    rows = _records(found)
    lines = table([row | {"size": disk.in_words(row["bytes"])} for row in rows], RUN_COLUMNS)
    show({"runs": rows}, json, lines if rows else ["no runs; make one with: stat-studio new RUN"])


def note(
    run: RunArgument,
    text: Annotated[str, typer.Argument(help="The note; '' clears it", show_default=False)],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write a note on a run, in the place of the one there."""
    kept = set_note(Workspace(workspace).run_folder(run), text)
    show({"run": run, "note": kept}, json, [f"run {run}: {kept or 'no note'}"])


def tag(
    run: RunArgument,
    tags: Annotated[
        list[str] | None, typer.Argument(metavar="[TAG]...", help="Tags to add", show_default=False)
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help="A tag to take away; repeatable")
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Add tags to a run, or take them away; without any, show them."""
    folder = Workspace(workspace).run_folder(run)
    found = (
        change_tags(folder, tags or [], remove or []) if tags or remove else list(folder.card.get("tags", []))
    )
    show({"run": run, "tags": found}, json, [f"run {run}: {', '.join(found) or 'no tags'}"])


def show_disk(run: OptionalRun = None, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show what a run, or the workspace, takes on disk, by part."""
    place = Workspace(workspace)
    if run:
        used = disk.used_by_run(place.run_folder(run).folder)
        result: dict[str, Any] = {"run": run, "parts": used, "bytes": sum(used.values())}
        rows: list[dict[str, Any]] = [{"run": run, "part": part, "bytes": n} for part, n in used.items() if n]
    else:
        result = disk.used_by_workspace(place.root)
        result["bytes"] = result.pop("total")
        rows = _records(views.runs.used(place))
    shown = [row | {"size": disk.in_words(row["bytes"])} for row in rows]
    columns = {"run": "run", "part": "part", "size": "on disk"}
    show(result, json, [*table(shown, columns), f"in all {disk.in_words(result['bytes'])}"])


def clean(
    run: OptionalRun = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Batches of stages that were broken off, and temporary files")
    ] = False,
    checkpoints: Annotated[
        bool, typer.Option("--checkpoints", help="The trainer's checkpoints of finished fine-tunings")
    ] = False,
    logs: Annotated[bool, typer.Option("--jobs", help="What jobs printed that ended long ago")] = False,
    days: Annotated[float, typer.Option(min=0, help="With --jobs: ended so many days ago or more")] = 30,
    whole_run: Annotated[
        str | None, typer.Option("--whole-run", metavar="NAME", help="A run that goes altogether")
    ] = None,
    with_decisions: Annotated[
        bool, typer.Option("--with-decisions", help="With --whole-run: people's decisions go too")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Free disk: take away what is left over or can be made again, or a whole run by its name."""
    wish = Wish(run, unfinished, checkpoints, logs, days, whole_run, with_decisions)
    result = jobs.clean(Workspace(workspace), wish, dry_run)
    rows = [item | {"size": disk.in_words(item["bytes"])} for item in result["items"]]
    lines = table(rows, {"path": "path", "size": "on disk"}) if rows else ["nothing is left over"]
    lost = [f"with it: {', '.join(result['losses'])}"] if result["losses"] else []
    busy = [f"passed by, because somebody works on it: {name}" for name in result["passed_by"]]
    verb = "would come free" if dry_run else "came free"
    show(result, json, [*lines, *lost, *busy, f"{disk.in_words(result['bytes'])} {verb}"])


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values, None where the frame has nothing."""
    values = frame.astype(object).where(frame.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in values.to_dict("records")]


VERBS = [("runs", list_runs), note, tag, ("disk", show_disk), clean]
