"""Verbs on where the arms gain and lose: by skill, subject or level, and question by question."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from stat_engine.api import Workspace
from stat_engine.api.choices import KEYS, Correction, Direction, Group
from stat_engine.api.output import rows as rows_of
from stat_engine.cli.options import BenchmarkOption, ReferenceOption, RunArgument
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.errors import StatError

app = Verbs()


@app.verb("gains")
def gains(
    place: Workspace,
    run: RunArgument,
    reference: ReferenceOption = "base",
    all_skills: Annotated[
        bool, typer.Option("--all-skills", help="Every skill, not the most missed")
    ] = False,
    correction: Annotated[
        Correction, typer.Option(help="benjamini-hochberg, holm or none")
    ] = "benjamini-hochberg",
    level: Annotated[
        float, typer.Option(min=0, max=1, help="Corrected p-values up to this one are significant")
    ] = 0.05,
    by: Annotated[Group, typer.Option(help="skill, subject or level")] = "skill",
    benchmark: BenchmarkOption = None,
) -> Shown:
    """Show the gain of every arm skill by skill, with significance after correction."""
    cells = place.run(run).gains(reference, not all_skills, correction, benchmark, by)
    rows = rows_of(cells.assign(is_significant=cells.p_adjusted <= level))
    result = {
        "run": run, "reference": reference, "correction": correction, "level": level, "by": by, "cells": rows,
    }  # fmt: skip
    columns = {
        **{key: key for key in KEYS if any(row[key] for row in rows)}, "arm": "arm", "gain": "gain",
        "ci_low": "95% from", "ci_high": "to", "n_questions": "questions", "p_value": "p",
        "p_adjusted": "corrected", "mark": "",
    }  # fmt: skip
    marked = [{**row, "mark": "*" if row["is_significant"] else ""} for row in rows]
    n = sum(row["is_significant"] for row in rows)
    head = f"{n:,} of {len(rows):,} cells are significant at {level:g} after correction ({correction})"
    return Shown(result, [head, *table(marked, columns)])


@app.verb("flips")
def flips(
    place: Workspace,
    run: RunArgument,
    *,
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
    offset: Annotated[int, typer.Option(min=0, help="Questions to skip at the start")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="Questions at most")] = 50,
) -> Shown:
    """List the questions that one arm has right more often, or less often, than another."""
    chosen = place.run(run)
    if question is not None:
        one = chosen.flip(question, arm, reference, benchmark)
        return Shown(one, _sides(one))
    wanted = direction, subject, level, _skill(skill), benchmark, offset, limit
    found = chosen.flips(arm, reference, *wanted)
    rows = rows_of(found["rows"])
    head = (
        f"of {found['n_questions']:,} questions {arm} has {found['n_gained']:,} right more often than "
        f"{reference}, {found['n_lost']:,} less often"
    )
    columns = {
        "question_id": "question", "subject": "subject", "direction": "direction",
        "reference_share": reference, "share": arm, "reference_answer": "its answer",
        "answer": "answer", "expected": "right",
    }  # fmt: skip
    return Shown({**found, "rows": rows}, [head, *table(rows, columns)])


def _skill(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    subject, slash, skill = text.partition("/")
    if not slash:
        raise StatError(f"--skill: found {text!r}, expected SUBJECT/SKILL")
    return subject, skill


def _sides(one: Mapping[str, Any]) -> list[str]:
    lines = [f"{one['question_id']}: {one['problem']}", f"right answer: {one['expected']}"]
    for side in one["sides"]:
        for response in side["responses"]:
            mark = {True: "right", False: "wrong", None: "not graded"}[response["is_correct"]]
            lines += ["", f"{side['arm']}, seed {response['seed']}: {mark}", response["response"]]
    return lines
