"""Verbs on rounds: make the next one from a trained arm, and see the chain."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from stat_engine.api import Workspace
from stat_engine.cli.detaching import Detaching
from stat_engine.cli.estimates import calls_shown
from stat_engine.cli.options import MOST_SEED, RunArgument, SettingsArgument
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.orders import RunOrder

app = Verbs()
INTERVAL = {"ci_low": "95% from", "ci_high": "to"}


@dataclass(frozen=True)
class StartingNext(Detaching):
    """Whether the new run is started, as a job."""

    detach: Annotated[bool, typer.Option("--detach", help="Start the new run as a job at once")] = False


@app.verb("round")
def round(
    place: Workspace,
    run: RunArgument,
    settings: SettingsArgument = None,
    *,
    arm: Annotated[str, typer.Option(help="Trained arm of the run: the next round's student")],
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Seed of the arm")] = 0,
    dataset: Annotated[
        str | None, typer.Option(help="Dataset of the new validation questions; the run's own by default")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the next run")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be made, and its teacher calls")
    ] = False,
    work: StartingNext,
) -> Shown:
    """Make the next round: a run whose student is a trained arm of this one; pairs still come from P."""
    work.check(place, dry_run)
    chosen = place.run(run)
    plan, calls = chosen.plan_round(arm, seed, dataset, name, settings or [])
    if dry_run:
        return calls_shown(chosen, calls, plan, _in_words(plan))
    made = chosen.round(arm, seed, dataset, name, settings or [])
    if work.detach:
        return work.start(place, RunOrder(run=made.name))
    then = f"bring it up to date with: stat-studio run {made.name}"
    return Shown(plan | {"folder": str(made.folder.folder)}, [*_in_words(plan), then])


def _in_words(plan: dict[str, Any]) -> list[str]:
    n = len(plan["adapters"])
    return [
        f"round {plan['number']}: run {plan['run']}",
        f"student: {plan['student']}, {n} {'adapter' if n == 1 else 'adapters'} on the model; "
        f"arm {plan['arm']}, seed {plan['seed']}, of {plan['parent']}",
        f"validation: {plan['n_validation']:,} questions of {plan['dataset']}; test: {plan['n_test']:,}",
        f"pool P: {plan['n_pool']:,} questions of {plan['pool_dataset']}, without near-duplicates of those",
    ]


@app.verb("rounds")
def rounds(place: Workspace, run: RunArgument) -> Shown:
    """Show accuracy over the chain of runs that a run is part of, and how the profile moved."""
    result = place.run(run).rounds()
    chain = {
        "number": "round", "run": "run", "made_from": "made from", "dataset": "dataset",
        "n_difficult": "difficult", "n_questions": "of", "accuracy": "student", **INTERVAL,
        "best_arm": "best arm", "best_accuracy": "accuracy",
    }  # fmt: skip
    accuracies = {"run": "run", "arm": "arm", "accuracy": "accuracy", **INTERVAL, "n_questions": "questions"}
    drift = {"skill": "skill", "run": "run", "failure_rate": "failure rate", **INTERVAL, "moved": "moved"}
    parts = (result["table"], chain), (result["accuracies"], accuracies), (result["drift"], drift)
    lines = [line for rows, columns in parts for line in (*table(rows, columns), "")]
    return Shown(result, lines[:-1])
