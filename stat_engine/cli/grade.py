"""The verb `grade`: one response compared with one reference answer, and why."""

from typing import Annotated

import typer

from stat_engine.api import Workspace, graded
from stat_engine.cli.verbs import Shown, Verbs

app = Verbs()


@app.verb("grade")
def grade(
    place: Workspace,
    response: Annotated[
        str, typer.Argument(help="Text of a response, or its final answer", show_default=False)
    ],
    reference: Annotated[str, typer.Argument(help="Reference answer", show_default=False)],
    *,
    grader: Annotated[str, typer.Option(help="mathematical, exact or choice")] = "mathematical",
) -> Shown:
    """Grade one response, and show how its answer is read and which comparison decides."""
    found = graded(response, reference, grader)
    verdict = {True: "right", False: "wrong", None: "not decided"}[found["is_correct"]]
    lines = [f"read as: {found['answer']}", f"reference: {found['reference']}", f"{verdict}: {found['rule']}"]
    return Shown(found, lines)
