"""The verb `train`: fine-tune the student on training sets."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, TypeVar

import typer

from stat_engine.api import Run, Workspace
from stat_engine.cli.detaching import Detaching
from stat_engine.cli.options import MOST_SEED, RunArgument, SettingsArgument
from stat_engine.cli.terminal import TerminalReport, seconds, table
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.errors import StatError, shown
from stat_engine.orders import SMALLEST, GrpoOrder, TrainOrder

app = Verbs()
Ordered = TypeVar("Ordered", TrainOrder, GrpoOrder)
SetsOption = Annotated[list[str] | None, typer.Option("--set", help="Training set of the run; repeatable")]
BuildOption = Annotated[
    list[str] | None, typer.Option(help="Method whose set is built first where it is missing; repeatable")
]
PairsOption = Annotated[
    str | None,
    typer.Option(help="Pairs of each set at most, all by default; smallest: as in the smallest set"),
]
PLAN = {
    "arm": "arm", "set": "set", "seed": "seed", "n_pairs": "pairs", "steps": "steps", "seconds": "seconds",
    "state": "state",
}  # fmt: skip


@dataclass(frozen=True)
class Training(Detaching):
    """How arms are trained: with which seeds, graded afterwards or not, now or as a job."""

    seed: Annotated[
        list[int] | None,
        typer.Option(min=0, max=MOST_SEED, help="Seed, 0 by default; repeat it for arms with several seeds"),
    ] = None
    evaluate: Annotated[
        bool, typer.Option("--evaluate", help="Grade the student itself and the arms afterwards")
    ] = False
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be trained, how long and at what cost")
    ] = False

    def given(self) -> dict[str, Any]:
        """The fields of an order of training."""
        return {"seeds": self.seed or (0,), "evaluate": self.evaluate}

    def instead(
        self,
        place: Workspace,
        order: Ordered,
        foresee: Callable[[Ordered], object],
        plan: Callable[[], Shown],
    ) -> Shown | None:
        """The plan of a dry run, or the job that was started; None where the order is carried out here.

        `foresee` raises what would stop the order."""
        self.check(place, self.dry_run)
        if self.dry_run:
            return plan()
        if self.detach:
            foresee(order)
            return self.start(place, order)
        return None


@app.verb("train")
def train(
    place: Workspace,
    run: RunArgument,
    settings: SettingsArgument = None,
    *,
    sets: SetsOption = None,
    build: BuildOption = None,
    arm: Annotated[str | None, typer.Option(help="Name of the arm; the set's by default")] = None,
    suffix: Annotated[str, typer.Option(help="Added to the names of the arms, as in --suffix=-long")] = "",
    pairs: PairsOption = None,
    how: Training,
) -> Shown:
    """Fine-tune the student on training sets with LoRA, one arm a set and seed."""
    chosen = place.run(run, TerminalReport())
    order = TrainOrder(
        run=run, sets=sets or (), methods=build or (), arm=arm, suffix=suffix, pairs=_pairs(pairs),
        settings=settings or (), **how.given(),
    )  # fmt: skip
    if instead := how.instead(place, order, chosen.plan_training, lambda: _plan(chosen, order)):
        return instead
    rows = outcomes(chosen.train_arms(order), ("arm", "set", "method", "seed", "n_pairs"))
    return arms_shown(rows, "{n_pairs:,} pairs, loss {loss:.3f}")


def outcomes(cards: Sequence[dict[str, Any]], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Of each trained arm's card these keys and its outcome."""
    return [{key: card[key] for key in keys} | card["outcome"] for card in cards]


def arms_shown(rows: list[dict[str, Any]], figures: str) -> Shown:
    """One line an arm and seed with its figures, a format of the row's keys."""
    result = {**(rows[0] if len(rows) == 1 else {}), "arms": rows}
    return Shown(result, [("arm {arm}, seed {seed}: " + figures).format(**row) for row in rows])


def _pairs(text: str | int | None) -> Any:
    if text is None or isinstance(text, int) or text == SMALLEST:  # an order has a number
        return text
    if not text.isdecimal() or int(text) < 1:
        raise StatError(f"--pairs: found {shown(text)}, expected a number above 0, or {SMALLEST}")
    return int(text)


def _plan(run: Run, order: TrainOrder) -> Shown:
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
    lines = [f"{work}; {price if n_calls else 'free'}", *table(planned["trainings"], PLAN)]
    return Shown(result, [*lines, *(row["sentence"] for row in shown_by)])
