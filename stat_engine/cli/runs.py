"""Verbs on runs: new, run, status, diff."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine import config as configuration
from stat_engine import views
from stat_engine.api import Run, Workspace
from stat_engine.cli.detaching import DetachOption, LauncherOption, check_detached, start_job
from stat_engine.cli.terminal import (
    JsonOption,
    SettingsArgument,
    TerminalReport,
    WorkspaceOption,
    show,
    table,
)
from stat_engine.errors import StatError
from stat_engine.method.estimate import Estimate
from stat_engine.method.stage import stage_range
from stat_engine.models.paid_calls.budget import in_words
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.settings import compose, keep_thresholds, where_thresholds_are_from

RunArgument = Annotated[str, typer.Argument(help="Run in the workspace", show_default=False)]


def new(
    run: RunArgument,
    settings: SettingsArgument = None,
    dataset: Annotated[str | None, typer.Option(help="Dataset in the workspace")] = None,
    config: Annotated[
        Path | None, typer.Option(help="YAML file with the differences from the defaults")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Settings that come along; `stat-studio presets` lists them")
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Make a run: one student, one validation set, one configuration."""
    if preset and config:
        raise StatError(f"--preset {preset} --config {config}: give one of them")
    path = configuration.need_preset(preset).path if preset else config
    place = Workspace(workspace)
    made = place.new(run, compose(place.root, path, dataset, settings or []))
    result = {"run": made.name, "dataset": made.config.dataset, "folder": str(made.folder.folder)}
    teacher = made.config.teacher.backend
    note = (
        ["teacher question-skills: a stand-in that names each difficult question's own mapped skills"]
        if teacher == "question-skills"
        else []
    )
    if said := where_thresholds_are_from(place.root, made.config):
        note.append(said)
    show(
        result | {"notes": note},
        json,
        [f"run {made.name} on {made.config.dataset}: {result['folder']}", *note],
    )


def run(
    run: RunArgument,
    settings: SettingsArgument = None,
    first: Annotated[str | None, typer.Option("--from", help="First stage to bring up to date")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Last stage to bring up to date")] = None,
    fork: Annotated[str | None, typer.Option(help="Work in a copy under this name")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how many teacher calls it takes and what they cost")
    ] = False,
    detach: DetachOption = False,
    launcher: LauncherOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Bring a run's stages up to date; what is done and unchanged is not done again."""
    stage_range(first, until)
    place = Workspace(workspace)
    check_detached(place.root, detach, launcher, dry_run)
    chosen = place.run(run, TerminalReport())
    if dry_run:  # what a copy would keep is what the run has, so it is not made to be looked at
        show_estimate(chosen, settings or [], json, first, until)
        return
    if fork:
        of, chosen = chosen, chosen.fork(fork, settings or [])
        keep_thresholds(place.root, chosen.name, of.config, chosen.config)
    elif settings:
        chosen.configure(settings)
    if detach:
        ends = [("--from", first), ("--until", until)]
        stages = [word for option, stage in ends if stage for word in (option, stage)]
        start_job(place.root, ["run", chosen.name, *stages], launcher, json)
        return
    chosen.run(first, until)
    _show_status(chosen.folder, json)


def status(run: RunArgument, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show how far a run is."""
    _show_status(Workspace(workspace).run_folder(run), json)


def diff(
    run: RunArgument,
    other: Annotated[str, typer.Argument(help="The run to hold it against", show_default=False)],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show in which settings two runs differ."""
    place = Workspace(workspace)
    differences = configuration.differences(place.run_folder(run).config, place.run_folder(other).config)
    rows = [{"setting": key, run: str(a), other: str(b)} for key, (a, b) in differences.items()]
    result = {"run": run, "other": other, "settings": {key: list(pair) for key, pair in differences.items()}}
    lines = table(rows, {"setting": "setting", run: run, other: other}) if rows else ["no difference"]
    show(result, json, lines)


def show_estimate(
    run: Run, settings: list[str], as_json: bool, first: str | None = None, until: str | None = None
) -> None:
    """Print the teacher calls that bringing these stages up to date under these settings will make."""
    show_calls(run, run.estimate(settings, first, until), as_json)


def show_calls(
    run: Run,
    calls: list[Estimate],
    as_json: bool,
    plan: dict[str, Any] | None = None,
    first: Sequence[str] = (),
) -> None:
    """Print calls that are to be made, with their sum; below a `plan` with its lines where there is one."""
    rows = [asdict(row) for row in calls]
    costs = [row["cost"] for row in rows]
    cost = None if not rows or None in costs else sum(costs)
    result = {"run": run.name, "calls": rows, "cost": cost, "budget": run.config.budget, **(plan or {})}
    columns = {
        "purpose": "for", "task": "task", "teacher": "teacher", "n_calls": "calls", "n_known": "kept",
        "input_tokens": "tokens in", "output_tokens": "tokens out", "cost": "USD", "basis": "basis",
    }  # fmt: skip
    n_calls = sum(row["n_calls"] for row in rows)
    n_tokens = sum(row["input_tokens"] + row["output_tokens"] for row in rows)
    total = f"in all about {in_words(n_calls, n_tokens, cost)}"
    unpriced = (
        []
        if cost is not None or not rows
        else ["no price for every model: set prices.MODEL.input and .output"]
    )
    lines = (
        [*table(rows, columns), total, *unpriced]
        if rows
        else ["no teacher call that costs anything is to be made"]
    )
    show(result, as_json, [*first, *lines])


def cost(run: RunArgument, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show what a run's teacher calls took: calls, tokens and USD by endpoint and task."""
    place = Workspace(workspace)
    result = views.status.summary(place, place.run_folder(run))
    columns = {
        "endpoint": "teacher", "task": "task", "n_calls": "calls", "input_tokens": "tokens in",
        "output_tokens": "tokens out", "cost": "USD",
    }  # fmt: skip
    total = in_words(result["n_calls"], result["input_tokens"] + result["output_tokens"], result["cost"])
    budget = [] if result["budget"] is None else [f"${result['left']:,.4f} of ${result['budget']:,.2f} left"]
    n = result["n_unpriced"]
    unpriced = [f"no price known for {n:,} of the calls, so theirs is not in it"] if n else []
    show(result, json, [*table(result["calls"], columns), f"in all {total}", *unpriced, *budget])


def _show_status(folder: RunFolder, as_json: bool) -> None:
    result = views.status.status(folder)
    columns = {"stage": "stage", "state": "state", "done": "done", "total": "of"}
    notes = [f"{stage['stage']}: {note}" for stage in result["stages"] for note in stage["notes"]]
    head = f"run {result['run']} on {result['dataset']}"
    show(result, as_json, [head, *table(result["stages"], columns), *notes])


VERBS = [new, run, status, diff, cost]
