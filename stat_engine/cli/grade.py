"""Verb grade: one response against one reference answer, and why."""

from typing import Annotated, Any

import typer

from stat_engine import answers
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show
from stat_engine.graders import grade_one


def grade(
    response: Annotated[str, typer.Argument(help="Text of a response, or its final answer")],
    reference: Annotated[str, typer.Argument(help="Reference answer")],
    grader: Annotated[str, typer.Option(help="mathematical, exact or choice")] = "mathematical",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Grade one response, and say how its answer is read and which comparison decides."""
    graded = grade_one(response, reference, grader)
    read = answers.reference(reference) if grader == "mathematical" else reference.strip()
    found = {
        "answer": graded.answer, "reference": read, "is_correct": graded.is_correct, "rule": graded.rule,
    }  # fmt: skip
    verdict = {True: "right", False: "wrong", None: "not decided"}[graded.is_correct]
    lines = [f"read as: {graded.answer}", f"reference: {read}", f"{verdict}: {graded.rule}"]
    show(found, json, lines)


VERBS: list[Any] = [grade]
