"""Verbs on what the arms differ in: gains, flips, rounds, report.

Verb power: what a comparison can see before it is made.
Verbs that show what was found, and what can be: profile, compare, power.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine import views
from stat_engine.api import Workspace
from stat_engine.cli.profile import profile
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.errors import StatError
from stat_engine.stats import Correction
from stat_engine.views.differences import Direction
from stat_engine.views.evaluations import KEYS, Group

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


AllSkills = Annotated[bool, typer.Option("--all-skills", help="Every skill, not the most missed")]
CorrectionOption = Annotated[Correction, typer.Option(help="benjamini-hochberg, holm or none")]
LevelOption = Annotated[float, typer.Option(min=0, max=1, help="What a corrected p-value is held against")]


def gains(
    run: RunArgument,
    reference: ReferenceOption = "base",
    all_skills: AllSkills = False,
    correction: CorrectionOption = "benjamini-hochberg",
    level: LevelOption = 0.05,
    by: Annotated[Group, typer.Option(help="skill, subject or level")] = "skill",
    benchmark: BenchmarkOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show the gain of every arm skill by skill, with significance after correction."""
    folder = Workspace(workspace).run_folder(run)
    cells = views.differences.skill_gains(folder, reference, not all_skills, correction, benchmark, by)
    rows: list[Any] = cells.assign(is_significant=cells.p_adjusted <= level).to_dict("records")
    result = {
        "run": run, "reference": reference, "correction": correction, "level": level, "by": by, "cells": rows,
    }  # fmt: skip
    columns = {
        **{key: key for key in KEYS if any(row[key] for row in rows)},
        "arm": "arm", "gain": "gain", "ci_low": "95% from",
        "ci_high": "to", "n_questions": "questions", "p_value": "p", "p_adjusted": "corrected", "mark": "",
    }  # fmt: skip
    marked = [{**row, "mark": "*" if row["is_significant"] else ""} for row in rows]
    n = sum(row["is_significant"] for row in rows)
    head = f"{n:,} of {len(rows):,} cells are significant at {level:g} after correction ({correction})"
    show(result, json, [head, *table(marked, columns)])


def flips(
    run: RunArgument,
    arm: Annotated[str, typer.Option(help="Arm whose questions are shown")],
    reference: ReferenceOption = "base",
    direction: Annotated[
        Direction, typer.Option(help="both, gained (wrong to right) or lost (right to wrong)")
    ] = "both",
    subject: Annotated[str | None, typer.Option(help="Questions of this subject")] = None,
    level: Annotated[str | None, typer.Option(help="Questions of this level")] = None,
    skill: Annotated[str | None, typer.Option(help="Questions with this skill, as SUBJECT/SKILL")] = None,
    question: Annotated[str | None, typer.Option(help="Show both arms' responses to this one")] = None,
    benchmark: BenchmarkOption = None,
    offset: Annotated[int, typer.Option(min=0, help="Questions to leave out from the front")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="Questions at most")] = 50,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List the questions that one arm has right more often, or less often, than another."""
    folder = Workspace(workspace).run_folder(run)
    if question is not None:
        one = views.differences.flip(folder, question, arm, reference, benchmark)
        show(one, json, _sides(one))
        return
    found = views.differences.flips(
        folder, arm, reference, direction, subject, level, _skill(skill), benchmark, offset, limit
    )
    rows = found["rows"].astype(object).where(found["rows"].notna(), None).to_dict("records")
    head = (
        f"of {found['n_questions']:,} questions {arm} has {found['n_gained']:,} right more often than "
        f"{reference}, {found['n_lost']:,} less often"
    )
    columns = {
        "question_id": "question", "subject": "subject", "direction": "direction",
        "reference_share": reference, "share": arm, "reference_answer": "its answer",
        "answer": "answer", "expected": "right",
    }  # fmt: skip
    show({**found, "rows": rows}, json, [head, *table(rows, columns)])


def rounds(run: RunArgument, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show accuracy over the chain of runs that a run stands in, and how the profile moved."""
    result = views.rounds.rounds(Workspace(workspace).run_folder(run))
    chain = {
        "number": "round", "run": "run", "made_from": "made from", "dataset": "dataset",
        "n_difficult": "difficult", "n_questions": "of", "accuracy": "student", "ci_low": "95% from",
        "ci_high": "to", "best_arm": "best arm", "best_accuracy": "accuracy",
    }  # fmt: skip
    accuracies = {
        "run": "run", "arm": "arm", "accuracy": "accuracy", "ci_low": "95% from", "ci_high": "to",
        "n_questions": "questions",
    }  # fmt: skip
    drift = {
        "skill": "skill", "run": "run", "failure_rate": "failure rate", "ci_low": "95% from",
        "ci_high": "to", "moved": "moved",
    }  # fmt: skip
    lines = [*table(result["accuracies"], accuracies), "", *table(result["drift"], drift)]
    show(result, json, [*table(result["table"], chain), "", *lines])


def report(
    run: RunArgument,
    out: Annotated[Path, typer.Option(help="File to write, ending in .html or .md")],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write a run's comparison as one file: HTML that works offline, or Markdown."""
    # the charts load Streamlit and Plotly, half a second that no other verb needs
    from stat_engine.report import write

    path = write(Workspace(workspace).run_folder(run), out)
    show({"run": run, "file": str(path), "bytes": path.stat().st_size}, json, [f"wrote {path}"])


def _skill(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    subject, slash, skill = text.partition("/")
    if not slash:
        raise StatError(f"--skill: found {text!r}, expected SUBJECT/SKILL")
    return subject, skill


def _sides(one: dict[str, Any]) -> list[str]:
    lines = [f"{one['question_id']}: {one['problem']}", f"right answer: {one['expected']}"]
    for side in one["sides"]:
        for response in side["responses"]:
            mark = {True: "right", False: "wrong", None: "not graded"}[response["is_correct"]]
            lines += ["", f"{side['arm']}, seed {response['seed']}: {mark}", response["response"]]
    return lines


VERBS = [profile, compare, power, gains, flips, rounds, report]
