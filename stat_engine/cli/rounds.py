"""Verbs on what a run leads to: warnings, and the next round."""

from typing import Annotated, Any

import typer

from stat_engine import views
from stat_engine.api import Workspace
from stat_engine.cli.detaching import LauncherOption, check_detached, start_job
from stat_engine.cli.runs import RunArgument, show_calls
from stat_engine.cli.terminal import JsonOption, SettingsArgument, WorkspaceOption, show


def round(
    run: RunArgument,
    arm: Annotated[str, typer.Option(help="Trained arm of the run: the next round's student")],
    settings: SettingsArgument = None,
    seed: Annotated[int, typer.Option(help="Seed of the arm")] = 0,
    dataset: Annotated[
        str | None, typer.Option(help="Dataset of the new validation questions; the run's own by default")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the next run")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be made, and its teacher calls")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Bring the new run up to date as a job at once")
    ] = False,
    launcher: LauncherOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Make the next round: a run whose student is a trained arm of this one; pairs still come from P."""
    place = Workspace(workspace)
    check_detached(place.root, detach, launcher, dry_run)
    chosen = place.run(run)
    plan, calls = chosen.plan_round(arm, seed, dataset, name, settings or [])
    if dry_run:
        show_calls(chosen, calls, json, plan, in_words(plan))
        return
    made = chosen.round(arm, seed, dataset, name, settings or [])
    if detach:
        start_job(place.root, ["run", made.name], launcher, json)
        return
    then = f"bring it up to date with: stat-studio run {made.name}"
    show(plan | {"folder": str(made.folder.folder)}, json, [*in_words(plan), then])


def in_words(plan: dict[str, Any]) -> list[str]:
    """A round's plan in lines."""
    n = len(plan["adapters"])
    return [
        f"round {plan['number']}: run {plan['run']}",
        f"student: {plan['student']}, {n} {'adapter' if n == 1 else 'adapters'} on the model; "
        f"arm {plan['arm']}, seed {plan['seed']}, of {plan['parent']}",
        f"validation: {plan['n_validation']:,} questions of {plan['dataset']}; test: {plan['n_test']:,}",
        f"pool P: {plan['n_pool']:,} questions of {plan['pool_dataset']}, less near-copies of those",
    ]


def warnings(run: RunArgument, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show what a run's own figures warn of, each with its figure and what to do."""
    found = Workspace(workspace).run(run).warnings()
    lines = [views.warnings.in_words(one) for one in found]
    show({"run": run, "warnings": found}, json, lines or [f"run {run}: its figures warn of nothing"])


VERBS = [round, warnings]
