"""Verbs on arms: train, evaluate, try."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from stat_engine import views
from stat_engine.api import Run, Workspace
from stat_engine.cli.detaching import DetachOption, LauncherOption, check_detached, start_job
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import (
    JsonOption,
    SettingsArgument,
    TerminalReport,
    WorkspaceOption,
    seconds,
    show,
    table,
)
from stat_engine.errors import StatError, shown
from stat_engine.views.training_plan import SMALLEST, TrainingOrder

PLAN_COLUMNS = {
    "arm": "arm", "set": "set", "seed": "seed", "n_pairs": "pairs", "steps": "steps", "seconds": "seconds",
    "state": "state",
}  # fmt: skip


def train(
    run: RunArgument,
    settings: SettingsArgument = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="Training set of the run; may be given several times")
    ] = None,
    build: Annotated[
        list[str] | None, typer.Option(help="Method whose set is built first where it is not there")
    ] = None,
    arm: Annotated[str | None, typer.Option(help="Name of the arm; the set's by default")] = None,
    suffix: Annotated[str, typer.Option(help="Added to the names of the arms, as in --suffix=-long")] = "",
    seed: Annotated[
        list[int] | None, typer.Option(help="Seed of the fine-tuning; another one adds a repetition")
    ] = None,
    pairs: Annotated[
        str | None, typer.Option(help="Pairs of each set at most; smallest: as many as the smallest set has")
    ] = None,
    evaluate: Annotated[
        bool, typer.Option("--evaluate", help="Grade the student itself and the arms afterwards")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be trained, how long and at what cost")
    ] = False,
    detach: DetachOption = False,
    launcher: LauncherOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Fine-tune the student on training sets with LoRA, one arm a set and seed."""
    place = Workspace(workspace)
    chosen = place.run(run, TerminalReport())
    names = tuple(sets or ()), tuple(build or ()), tuple(seed or (0,))
    order = TrainingOrder(*names, arm, suffix, _pairs(pairs), tuple(settings or ()))
    check_detached(place.root, detach, launcher, dry_run)
    if dry_run:
        _show_plan(chosen, order, json)
    elif detach:
        chosen.plan_training(order)
        start_job(place.root, order.arguments(run, evaluate), launcher, json)
    else:
        _show_cards(chosen.train_arms(order, evaluate), json)


def evaluate(
    run: RunArgument,
    arm: Annotated[
        str | None, typer.Option(help="Arm to grade, base is the student itself; by default it and every arm")
    ] = None,
    benchmark: Annotated[
        list[str] | None, typer.Option(help="Benchmark of the run's settings, several times; all by default")
    ] = None,
    detach: DetachOption = False,
    launcher: LauncherOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Grade the student itself and every arm, all seeds, on every benchmark; or what is named."""
    place = Workspace(workspace)
    chosen, names = place.run(run, TerminalReport()), benchmark or []
    check_detached(place.root, detach, launcher)
    if detach:
        words = [*(["--arm", arm] if arm else []), *(w for name in names for w in ("--benchmark", name))]
        start_job(place.root, ["evaluate", run, *words], launcher, json)
        return
    arms = dict.fromkeys(arm for arm, _ in chosen.evaluate(arm, names))
    names = names or chosen.folder.benchmark_names()
    rows = [views.compare.arm(chosen.folder, name, on) for name in arms for on in names]
    columns = {
        "arm": "arm", "benchmark": "benchmark", "seeds": "seeds", "accuracy": "accuracy",
        "ci_low": "95% from", "ci_high": "to", "test_questions": "questions", "n_unreadable": "not gradable",
    }  # fmt: skip
    result = {**(rows[0] if len(rows) == 1 else {}), "evaluations": rows}
    show(result, json, table(rows, columns))


def try_arms(
    run: RunArgument,
    arm: Annotated[list[str], typer.Option(help="Arm to ask; base is the student itself; several times")],
    question: Annotated[str, typer.Option(help="Text of a question of one's own")] = "",
    id: Annotated[str, typer.Option(help="Question of the run's dataset in its place")] = "",
    seed: Annotated[
        int | None, typer.Option(help="Seed of the arms' fine-tuning; the first there is by default")
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Ask the student and its arms one question, and show their answers side by side."""
    result = Workspace(workspace).run(run, TerminalReport()).try_arms(arm, question, id, seed)
    lines = []
    for one in result["answers"]:
        right = {True: ", right", False: ", wrong", None: ""}[one["is_correct"]]
        lines += [f"{one['arm']} ({one['seconds']:.1f} s): {one['answer']}{right}", one["response"], ""]
    show(result, json, lines)


def _pairs(text: str | None) -> Any:
    if text is None or text == SMALLEST:
        return text
    if not text.isdecimal() or int(text) < 1:
        raise StatError(f"--pairs: found {shown(text)}, expected a number above 0, or {SMALLEST}")
    return int(text)


def _show_plan(run: Run, order: TrainingOrder, as_json: bool) -> None:
    planned = run.plan_training(order)
    calls = []
    if order.methods:
        methods = ",".join(order.methods)
        calls = [asdict(row) for row in run.estimate([f"arms=[{methods}]"], "training_sets", "training_sets")]
    costs = [row["cost"] for row in calls]
    cost = None if None in costs else sum(costs)
    shown_by = run.smallest_effects()
    result = {**planned, "calls": calls, "cost": cost, "budget": run.config.budget, "power": shown_by}
    known = f", about {seconds(planned['seconds'])}" if planned["seconds"] else ""
    n_calls = sum(row["n_calls"] for row in calls)
    price = f"{n_calls:,} calls, {'no price is set' if cost is None else f'about ${cost:,.4f}'}"
    work = f"{planned['n_to_do']} fine-tunings, {planned['n_steps']:,} steps{known}"
    lines = [f"{work}; {price if n_calls else 'free'}", *table(planned["trainings"], PLAN_COLUMNS)]
    lines += [row["sentence"] for row in shown_by]
    show(result, as_json, lines)


def _show_cards(cards: list[dict[str, Any]], as_json: bool) -> None:
    keys = ("arm", "set", "method", "seed", "n_pairs")
    rows = [{key: card[key] for key in keys} | card["outcome"] for card in cards]
    result = {**(rows[0] if len(rows) == 1 else {}), "arms": rows}
    lines = [
        f"arm {row['arm']}, seed {row['seed']}: {row['n_pairs']:,} pairs, loss {row['loss']:.3f}"
        for row in rows
    ]
    show(result, as_json, lines)


VERBS: list[Any] = [train, evaluate, ("try", try_arms)]
