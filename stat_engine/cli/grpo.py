"""The verb that lets an arm, or the student itself, go on learning from rewards."""

from typing import Annotated, Any

import typer

from stat_engine.api import Workspace
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
from stat_engine.views.training_plan import GrpoOrder

PLAN_COLUMNS = {
    "arm": "arm", "start": "start", "seed": "seed", "n_questions": "questions", "n_answers": "answers",
    "steps": "steps", "seconds": "seconds", "state": "state",
}  # fmt: skip


def grpo(
    run: RunArgument,
    settings: SettingsArgument = None,
    start: Annotated[str, typer.Option(help="Arm to go on from; base is the student itself")] = "base",
    arm: Annotated[str | None, typer.Option(help="Name of the new arm; START-grpo by default")] = None,
    seed: Annotated[
        list[int] | None, typer.Option(help="Seed, and the start's seed; may be given several times")
    ] = None,
    evaluate: Annotated[
        bool, typer.Option("--evaluate", help="Grade the student itself, the start and the arm afterwards")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be trained and how long")
    ] = False,
    detach: DetachOption = False,
    launcher: LauncherOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Let an arm, or the student itself, go on learning with GRPO: right final answers are rewarded."""
    place = Workspace(workspace)
    chosen = place.run(run, TerminalReport())
    order = GrpoOrder(start, tuple(seed or (0,)), arm, tuple(settings or ()))
    check_detached(place.root, detach, launcher, dry_run)
    if dry_run:
        _show_plan(chosen.plan_grpo(order), json)
    elif detach:
        chosen.plan_grpo(order)
        start_job(place.root, order.arguments(run, evaluate), launcher, json)
    else:
        _show_cards(chosen.reinforce_arms(order, evaluate), json)


def _show_plan(planned: dict[str, Any], as_json: bool) -> None:
    known = f", about {seconds(planned['seconds'])}" if planned["seconds"] else ""
    n = planned["n_to_do"]
    work = f"{n} training{'' if n == 1 else 's'}, {planned['n_answers']:,} answers"
    work += f", {planned['n_steps']:,} steps{known}"
    show(planned, as_json, [work, *table(planned["trainings"], PLAN_COLUMNS)])


def _show_cards(cards: list[dict[str, Any]], as_json: bool) -> None:
    keys = ("arm", "start", "method", "seed", "n_questions", "n_answers")
    rows = [{key: card[key] for key in keys} | card["outcome"] for card in cards]
    result = {**(rows[0] if len(rows) == 1 else {}), "arms": rows}
    lines = [
        f"arm {row['arm']}, seed {row['seed']}: {row['n_questions']:,} questions, {row['steps']:,} steps, "
        f"reward {row['first_reward']:.3f} at first and {row['reward']:.3f} at last"
        for row in rows
    ]
    show(result, as_json, lines)


VERBS: list[Any] = [grpo]
