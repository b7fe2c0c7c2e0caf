"""Verbs on the runs of a workspace: list them, make one, copy one, compare two, note and tag."""

from pathlib import Path
from typing import Annotated

import typer

from stat_engine.api import Workspace, output
from stat_engine.cli.options import RunArgument, SettingsArgument
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import READ, Shown, Verbs
from stat_engine.errors import StatError

app = Verbs()
OtherArgument = Annotated[str, typer.Argument(help="The run to compare with", show_default=False)]
TextArgument = Annotated[str, typer.Argument(help="The note; '' clears it", show_default=False)]
COLUMNS = {
    "run": "run", "dataset": "dataset", "student": "student", "teacher": "teacher",
    "n_difficult": "difficult", "n_questions": "of", "most_missed": "most missed", "best_arm": "best arm",
    "accuracy": "test", "base_accuracy": "student", "n_done": "stages", "cost": "USD", "size": "on disk",
    "tags": "tags", "note": "note",
}  # fmt: skip


@app.verb("runs")
def runs(place: Workspace) -> Shown:
    """List the runs, newest first: what each found, what it cost and what it takes on disk."""
    rows = place.runs_in_full()
    lines = table([row | {"size": output.size(row["bytes"])} for row in rows], COLUMNS)
    lines += [f"run {row['run']} is damaged: {row['damage']}" for row in rows if row["damage"]]
    return Shown({"runs": rows}, lines if rows else ["no runs; make one with: stat-studio new RUN"])


@app.verb("new")
def new(
    place: Workspace,
    run: RunArgument,
    settings: SettingsArgument = None,
    dataset: Annotated[str | None, typer.Option(help="Dataset in the workspace")] = None,
    config: Annotated[
        Path | None, typer.Option(help="YAML file with the differences from the defaults"), READ
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Settings that come along; `stat-studio presets` lists them")
    ] = None,
) -> Shown:
    """Make a run: one student, one validation set, one configuration."""
    if preset and config:
        raise StatError(f"--preset {preset} --config {config}: give one of them")
    made = place.new(run, place.compose(settings or [], dataset, config, preset))
    result = {"run": made.name, "dataset": made.config.dataset, "folder": str(made.folder.folder)}
    notes = made.starting_notes()
    head = f"run {made.name} on {made.config.dataset}: {result['folder']}"
    return Shown({**result, "notes": notes}, [head, *notes])


@app.verb("fork")
def fork(
    place: Workspace,
    run: RunArgument,
    copy: Annotated[str, typer.Argument(metavar="NEW", help="Name of the copy", show_default=False)],
    settings: SettingsArgument = None,
) -> Shown:
    """Copy a run under a new name with other settings; it keeps what the settings do not change."""
    of = place.run(run)
    made = of.fork(copy, settings or [], saves_thresholds=True)
    kept = of.kept(made.config)
    result = {"run": made.name, "parent": run, "kept": kept, "folder": str(made.folder.folder)}
    said = ", ".join(kept) or "nothing: the new settings change all of it"
    return Shown(result, [f"run {made.name}, a copy of {run}; kept: {said}"])


@app.verb("diff")
def diff(place: Workspace, run: RunArgument, other: OtherArgument) -> Shown:
    """Show in which settings two runs differ."""
    differences = place.run(run).differences(other)
    rows = [{"setting": key, run: str(a), other: str(b)} for key, (a, b) in differences.items()]
    lines = table(rows, {"setting": "setting", run: run, other: other}) if rows else ["no difference"]
    return Shown({"run": run, "other": other, "settings": differences}, lines)


@app.verb("note")
def note(place: Workspace, run: RunArgument, text: TextArgument) -> Shown:
    """Write a note on a run; it replaces the note there."""
    kept = place.run(run).note(text)
    return Shown({"run": run, "note": kept}, [f"run {run}: {kept or 'no note'}"])


@app.verb("tag")
def tag(
    place: Workspace,
    run: RunArgument,
    tags: Annotated[
        list[str] | None, typer.Argument(metavar="[TAG]...", help="Tags to add", show_default=False)
    ] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="A tag to remove; repeatable")] = None,
) -> Shown:
    """Add tags to a run, or remove them; without any, show them."""
    found = place.run(run).tags(tags or [], remove or [])
    return Shown({"run": run, "tags": found}, [f"run {run}: {', '.join(found) or 'no tags'}"])
