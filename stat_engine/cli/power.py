"""Verb power: what a comparison can see before it is made."""

from typing import Annotated, Any

import typer

from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show
from stat_engine.notebook import Workspace

BenchmarkOption = Annotated[str | None, typer.Option(help="Benchmark; the run's own questions by default")]


def power(
    run: RunArgument,
    benchmark: Annotated[str | None, typer.Option(help="Only this benchmark")] = None,
    questions: Annotated[int | None, typer.Option(help="Questions, in place of the benchmark's")] = None,
    discordance: Annotated[
        float | None, typer.Option(help="Share of questions on which arm and student differ, where known")
    ] = None,
    power: Annotated[float, typer.Option(help="Chance to find a difference that is there")] = 0.8,
    level: Annotated[float, typer.Option(help="Level of the two-sided test")] = 0.05,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Say the smallest difference from the student that each benchmark can show."""
    found = Workspace(workspace).run(run).smallest_effects(benchmark, questions, discordance, power, level)
    show({"run": run, "benchmarks": found}, json, [row["sentence"] for row in found])


VERBS: list[Any] = [power]
