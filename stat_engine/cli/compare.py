"""Verbs on the evaluated arms: compare them, see what a comparison can show, write it as a report."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine.api import Workspace
from stat_engine.api.choices import KEYS, Group
from stat_engine.api.output import rows as rows_of
from stat_engine.cli.options import BenchmarkOption, ReferenceOption, RunArgument
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown, Verbs

app = Verbs()
INTERVAL = {"ci_low": "95% from", "ci_high": "to"}


@app.verb("compare")
def compare(
    place: Workspace,
    run: RunArgument,
    reference: ReferenceOption = "base",
    benchmark: BenchmarkOption = None,
    by: Annotated[
        Group | None, typer.Option(help="Accuracies by skill, subject or level instead of the whole")
    ] = None,
) -> Shown:
    """Compare the evaluated arms with the student itself and with random."""
    chosen = place.run(run)
    result: dict[str, Any] = {
        **chosen.comparison(benchmark),
        "reference": reference,
        "differences": rows_of(chosen.differences_from(reference, benchmark)),
        "table": rows_of(chosen.benchmarks()),
        "unreadable": chosen.unreadable(),
    }
    if by is not None:
        groups = rows_of(chosen.accuracy_by(by, benchmark))
        return Shown(result | {"by": by, "groups": groups}, _group_lines(groups))
    lines = [*comparison_lines(result), "", *_difference_lines(result), *_benchmark_lines(result["table"])]
    return Shown(result, [*lines, *result["unreadable"]])


UNSCORED = "difficult part not known yet: the student's own responses are not scored"


def comparison_lines(result: Mapping[str, Any]) -> list[str]:
    """The comparison as a table for people; accuracies are fractions."""
    base = {"arm": "base (the student)", **result["base"]}
    columns = {
        "arm": "arm", "n_pairs": "pairs", "seeds": "seeds", "accuracy": "test", **INTERVAL,
        "profile_skills_accuracy": "profile skills", "other_skills_accuracy": "others",
        "difficult_accuracy": "difficult part", "p_vs_base": "p vs base", "p_vs_random": "p vs random",
    }  # fmt: skip
    head = (
        f"{result['test_questions']:,} {result['benchmark']} questions, "
        f"{result['profile_questions']:,} with the profile's skills, "
        + (f"{result['difficult_questions']:,} difficult" if result["is_difficult_known"] else UNSCORED)
    )
    warning = [f"warning: {result['warning']}"] if result["warning"] else []
    return [head, *table([*result["arms"], base], columns), *warning, *result["verdict"]]


def _difference_lines(result: Mapping[str, Any]) -> list[str]:
    columns = {
        "arm": f"against {result['reference']}", "difference": "difference", **INTERVAL,
        "p_value": "p", "n_gained": "gained", "n_lost": "lost", "n_questions": "questions",
    }  # fmt: skip
    if any(row["seed_low"] is not None for row in result["differences"]):
        columns |= {"seed_low": "over seeds too", "seed_high": "to "}
    return table(result["differences"], columns)


def _group_lines(groups: list[dict[str, Any]]) -> list[str]:
    told = [key for key in KEYS if any(row[key] for row in groups)]
    columns = {
        **{key: key for key in told}, "arm": "arm", "accuracy": "accuracy", **INTERVAL,
        "n_questions": "questions", "gain": "gain",
    }  # fmt: skip
    return table(groups, columns)


def _benchmark_lines(cells: list[dict[str, Any]]) -> list[str]:
    """Every benchmark; nothing where there is only the run's own, which the comparison shows."""
    if len({row["benchmark"] for row in cells}) < 3:
        return []
    columns = {
        "arm": "arm", "benchmark": "benchmark", "part": "part", "metric": "metric", "accuracy": "accuracy",
        **INTERVAL, "n_questions": "questions", "n_unreadable": "not gradable",
    }  # fmt: skip
    return ["", *table(cells, columns)]


@app.verb("power")
def power(
    place: Workspace,
    run: RunArgument,
    benchmark: Annotated[str | None, typer.Option(help="Only this benchmark")] = None,
    questions: Annotated[
        int | None, typer.Option(min=1, help="Questions, in place of the benchmark's")
    ] = None,
    discordance: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Share of questions on which arm and student differ; measured by default"
        ),
    ] = None,
    power: Annotated[
        float, typer.Option(min=0, max=1, help="Chance to find a difference that is there")
    ] = 0.8,
    level: Annotated[float, typer.Option(min=0, max=1, help="Level of the two-sided test")] = 0.05,
) -> Shown:
    """Show the smallest difference from the student that each benchmark can detect."""
    found = place.run(run).smallest_effects(benchmark, questions, discordance, power, level)
    return Shown({"run": run, "benchmarks": found}, [row["sentence"] for row in found])


@app.verb("report")
def report(
    place: Workspace,
    run: RunArgument,
    out: Annotated[Path, typer.Option(help="File to write, ending in .html or .md")],
) -> Shown:
    """Write a run's comparison as one file: HTML that works offline, or Markdown."""
    path = place.run(run).write_report(out)
    return Shown({"run": run, "file": str(path), "bytes": path.stat().st_size}, [f"wrote {path}"])
