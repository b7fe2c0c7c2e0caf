"""Verbs that show what was found, and what can be: profile, compare, power."""

from typing import Annotated, Any

import typer

from stat_engine import views
from stat_engine.cli.power import BenchmarkOption, power
from stat_engine.cli.profile import profile
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.notebook import Workspace
from stat_engine.views.evaluations import KEYS, Group

ReferenceOption = Annotated[str, typer.Option(help="Arm that the others are set against")]


def compare(
    run: RunArgument,
    reference: ReferenceOption = "base",
    benchmark: BenchmarkOption = None,
    by: Annotated[
        Group | None, typer.Option(help="Accuracies by skill, subject or level instead of the whole")
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Compare the evaluated arms with the student itself and with random."""
    folder = Workspace(workspace).run_folder(run)
    result = views.compare.compare(folder, benchmark)
    more: dict[str, Any] = {
        "reference": reference,
        "differences": views.compare.differences(folder, reference, benchmark).to_dict("records"),
        "table": views.benchmarks.benchmark_table(folder).to_dict("records"),
        "unreadable": views.benchmarks.unreadable_sentences(folder),
    }
    if by is not None:
        groups: list[Any] = views.compare.by_group(folder, by, benchmark).to_dict("records")
        show({**result, **more, "by": by, "groups": groups}, json, _group_lines(groups))
        return
    lines = [*comparison_lines(result), "", *_difference_lines(more), *_benchmark_lines(more["table"])]
    show({**result, **more}, json, [*lines, *more["unreadable"]])


def comparison_lines(result: dict[str, Any]) -> list[str]:
    """The comparison as a table for people; accuracies are fractions."""
    base = {"arm": "base (the student)", **result["base"]}
    columns = {
        "arm": "arm", "n_pairs": "pairs", "seeds": "seeds", "accuracy": "test", "ci_low": "95% from",
        "ci_high": "to", "profile_skills_accuracy": "profile skills", "other_skills_accuracy": "others",
        "difficult_accuracy": "difficult part", "p_vs_base": "p vs base", "p_vs_random": "p vs random",
    }  # fmt: skip
    head = (
        f"{result['test_questions']:,} {result['benchmark']} questions, "
        f"{result['profile_questions']:,} with the profile's skills, "
        f"{result['difficult_questions']:,} difficult"
    )
    warning = [f"warning: {result['warning']}"] if result["warning"] else []
    return [head, *table([*result["arms"], base], columns), *warning, *result["verdict"]]


def _difference_lines(more: dict[str, Any]) -> list[str]:
    columns = {
        "arm": f"against {more['reference']}", "difference": "difference", "ci_low": "95% from",
        "ci_high": "to", "p_value": "p", "n_gained": "gained", "n_lost": "lost", "n_questions": "questions",
    }  # fmt: skip
    if any(row["seed_low"] is not None for row in more["differences"]):
        columns |= {"seed_low": "over seeds too", "seed_high": "to "}
    return table(more["differences"], columns)


def _group_lines(groups: list[dict[str, Any]]) -> list[str]:
    told = [key for key in KEYS if any(row[key] for row in groups)]
    columns = {
        **{key: key for key in told}, "arm": "arm", "accuracy": "accuracy", "ci_low": "95% from",
        "ci_high": "to", "n_questions": "questions", "gain": "gain",
    }  # fmt: skip
    return table(groups, columns)


def _benchmark_lines(cells: list[dict[str, Any]]) -> list[str]:
    """Every benchmark; nothing where there is only the run's own, which stands above."""
    if len({row["benchmark"] for row in cells}) < 3:
        return []
    columns = {
        "arm": "arm", "benchmark": "benchmark", "part": "part", "metric": "metric", "accuracy": "accuracy",
        "ci_low": "95% from", "ci_high": "to", "n_questions": "questions", "n_unreadable": "not gradable",
    }  # fmt: skip
    return ["", *table(cells, columns)]


VERBS = [profile, compare, power]
