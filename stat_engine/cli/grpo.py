"""The verb `grpo`: train an arm, or the student itself, further with rewards."""

from typing import Annotated

import typer

from stat_engine.api import Run, Workspace
from stat_engine.cli.options import RunArgument, SettingsArgument
from stat_engine.cli.terminal import TerminalReport, seconds, table
from stat_engine.cli.train import Training, arms_shown, outcomes
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.orders import GrpoOrder

app = Verbs()
PLAN = {
    "arm": "arm", "start": "start", "seed": "seed", "n_questions": "questions", "n_answers": "answers",
    "steps": "steps", "seconds": "seconds", "state": "state",
}  # fmt: skip
OUTCOME = (
    "{n_questions:,} questions, {steps:,} steps, reward {first_reward:.3f} at first and {reward:.3f} at last"
)


@app.verb("grpo")
def grpo(
    place: Workspace,
    run: RunArgument,
    settings: SettingsArgument = None,
    *,
    start: Annotated[str, typer.Option(help="Arm to start from; base is the student itself")] = "base",
    arm: Annotated[
        str | None,
        typer.Option(help="Name of the new arm; START-grpo, or START-skill-grpo where the profile weighs"),
    ] = None,
    how: Training,
) -> Shown:
    """Train an arm, or the student itself, further with GRPO: right final answers are rewarded."""
    chosen = place.run(run, TerminalReport())
    order = GrpoOrder(run=run, start=start, arm=arm, settings=settings or (), **how.given())
    if instead := how.instead(place, order, chosen.plan_grpo, lambda: _plan(chosen, order)):
        return instead
    keys = ("arm", "start", "method", "seed", "n_questions", "n_answers")
    return arms_shown(outcomes(chosen.reinforce_arms(order), keys), OUTCOME)


def _plan(run: Run, order: GrpoOrder) -> Shown:
    planned = run.plan_grpo(order)
    known = f", about {seconds(planned['seconds'])}" if planned["seconds"] else ""
    n = planned["n_to_do"]
    counts = f"{planned['n_answers']:,} answers, {planned['n_steps']:,} steps{known}"
    head = f"{n} training{'' if n == 1 else 's'}, {counts}"
    return Shown(planned, [head, *table(planned["trainings"], PLAN)])
