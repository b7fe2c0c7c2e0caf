"""Verbs on what the arms differ in: gains, flips, rounds, report."""

from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine import views
from stat_engine.cli.power import BenchmarkOption
from stat_engine.cli.results import ReferenceOption
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.errors import StatError
from stat_engine.notebook import Workspace
from stat_engine.stats import Correction
from stat_engine.views.evaluations import KEYS, Group
from stat_engine.views.flips import Direction

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
    cells = views.gains.skill_gains(folder, reference, not all_skills, correction, benchmark, by)
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
        one = views.flips.flip(folder, question, arm, reference, benchmark)
        show(one, json, _sides(one))
        return
    found = views.flips.flips(
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
    from stat_engine.ui.report import write

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


VERBS = [gains, flips, rounds, report]
