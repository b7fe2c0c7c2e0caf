"""Verbs that ask the trained arms: grade them on benchmarks, or try them on one question."""

from typing import Annotated

import typer

from stat_engine.api import Workspace
from stat_engine.cli.detaching import Detaching
from stat_engine.cli.options import MOST_SEED, RunArgument
from stat_engine.cli.terminal import TerminalReport, table
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.orders import EvaluateOrder

app = Verbs()


@app.verb("evaluate")
def evaluate(
    place: Workspace,
    run: RunArgument,
    *,
    arm: Annotated[
        str | None, typer.Option(help="Arm to grade, base is the student itself; by default it and every arm")
    ] = None,
    benchmark: Annotated[
        list[str] | None, typer.Option(help="Benchmark of the run's settings, all by default; repeatable")
    ] = None,
    work: Detaching,
) -> Shown:
    """Grade the student itself and every arm, all seeds, on every benchmark; or what is named."""
    chosen, names = place.run(run, TerminalReport()), benchmark or []
    work.check(place)
    if work.detach:
        return work.start(place, EvaluateOrder(run=run, arm=arm, benchmarks=names))
    graded = dict.fromkeys(of for of, _ in chosen.evaluate(arm, names))
    names = names or chosen.folder.benchmark_names()
    rows = [chosen.arm_result(of, on) for of in graded for on in names]
    columns = {
        "arm": "arm", "benchmark": "benchmark", "seeds": "seeds", "accuracy": "accuracy",
        "ci_low": "95% from", "ci_high": "to", "test_questions": "questions", "n_unreadable": "not gradable",
    }  # fmt: skip
    return Shown({**(rows[0] if len(rows) == 1 else {}), "evaluations": rows}, table(rows, columns))


@app.verb("try")
def try_arms(
    place: Workspace,
    run: RunArgument,
    *,
    arm: Annotated[list[str], typer.Option(help="Arm to ask; base is the student itself; repeatable")],
    question: Annotated[str, typer.Option(help="Text of a question of your own")] = "",
    id: Annotated[str, typer.Option(help="Question of the run's dataset instead, by its id")] = "",
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, max=MOST_SEED, help="Seed of the arms' fine-tuning; the first there is by default"
        ),
    ] = None,
) -> Shown:
    """Ask the student and its arms one question, and show their answers side by side."""
    result = place.run(run, TerminalReport()).try_arms(arm, question, id, seed)
    lines = []
    for one in result["answers"]:
        right = {True: ", right", False: ", wrong", None: ""}[one["is_correct"]]
        lines += [f"{one['arm']} ({one['seconds']:.1f} s): {one['answer']}{right}", one["response"], ""]
    return Shown(result, lines)
