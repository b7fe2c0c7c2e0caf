"""Verbs that show what was found: profile, compare."""

from typing import Annotated, Any

import typer

from stat_engine import views
from stat_engine.cli.profile import profile
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.notebook import Workspace

ReferenceOption = Annotated[str, typer.Option(help="Arm that the others are set against")]


def compare(
    run: RunArgument,
    reference: ReferenceOption = "base",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Compare the evaluated arms with the student itself and with random."""
    folder = Workspace(workspace).run_folder(run)
    result = views.compare.compare(folder)
    more = {
        "reference": reference,
        "differences": views.compare.differences(folder, reference).to_dict("records"),
        "table": views.benchmarks.benchmark_table(folder).to_dict("records"),
    }
    show({**result, **more}, json, [*comparison_lines(result), "", *_difference_lines(more)])


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
    return table(more["differences"], columns)


VERBS = [profile, compare]
