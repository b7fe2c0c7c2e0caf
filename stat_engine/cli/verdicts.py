"""Verbs on verdicts: where the grader and imported ones differ, and overruling one."""

from typing import Annotated, Any, Literal

import typer

from stat_engine.api import Workspace
from stat_engine.api.output import rows as rows_of
from stat_engine.cli.options import MOST_SEED, Author, NoteOption, RunArgument
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.errors import shown

app = Verbs()
WORDS = {True: "correct", False: "incorrect", None: "not known"}
COLUMNS = {
    "question_id": "question", "where": "of", "sample": "sample", "imported": "file", "graded": "grader",
    "answer": "read as", "reference": "reference", "rule": "rule", "overruled": "overruled",
    "response": "response ends",
}  # fmt: skip
EVENTS = {
    "at": "at", "author": "by", "action": "verdict", "question_id": "question", "where": "of",
    "sample": "sample", "note": "note",
}  # fmt: skip


@app.verb("disagreements")
def disagreements(
    place: Workspace,
    run: RunArgument,
    *,
    limit: Annotated[int, typer.Option(min=0, help="Rows shown; 0: all. --json has all")] = 50,
) -> Shown:
    """List the responses on which the grader and the verdict in their file differ, with the rule."""
    found = place.run(run).verdicts.compared()
    rows = found["rows"]
    head = (
        f"{len(rows):,} of {found['n_imported']:,} imported verdicts differ from the grader's; "
        f"the grader does not decide on {found['n_undecided']:,}"
    )
    listed = table([_row(row) for row in rows[: limit or None]], COLUMNS) if rows else []
    left = len(rows) - (limit or len(rows))
    more = [f"{left:,} more; --limit 0 shows all"] if left > 0 else []
    return Shown({"run": run, **found}, [head, *listed, *more])


@app.verb("verdict")
def verdict(
    place: Workspace,
    run: RunArgument,
    question: Annotated[str, typer.Argument(help="Question by id", show_default=False)],
    sample: Annotated[int, typer.Argument(min=0, help="Sample of the response, from 0", show_default=False)],
    verdict: Annotated[
        Literal["correct", "incorrect", "undo"],
        typer.Argument(help="correct, incorrect, or undo to take a verdict back", show_default=False),
    ],
    *,
    arm: Annotated[
        str | None, typer.Option(help="Arm whose response it is, base is the student; default: validation")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=MOST_SEED, help="Seed of the arm; its first by default")
    ] = None,
    benchmark: Annotated[
        str | None, typer.Option(help="Benchmark of the arm's response; the run's own by default")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Student, where several wrote a sample of this number")
    ] = None,
    note: NoteOption = None,
    over_others: Annotated[
        bool, typer.Option("--over-others", help="Decide on top of another person's verdict")
    ] = False,
    by: Author,
) -> Shown:
    """Overrule the verdict on a response; every figure that counts correct answers follows it."""
    how = (note, by.author, arm, seed, benchmark, model, over_others)
    found = place.run(run).verdicts.overrule(question, sample, verdict, *how)
    lines = [
        f"question {question}, sample {sample}: {WORDS[found['before']]} -> {WORDS[found['after']]} "
        f"(by {found['author']})"
    ]
    if found["stale"]:
        stale = ", ".join(found["stale"])
        lines.append(f"stale now: {stale}; bring them up to date with: stat-studio run {run}")
    return Shown({"run": run, **found}, lines)


@app.verb("verdicts")
def verdicts(place: Workspace, run: RunArgument) -> Shown:
    """Show which verdicts people overruled, newest first; nothing in it is ever changed."""
    rows = rows_of(place.run(run).verdicts.history())
    listed = [{**row, "where": _where(row), "note": row["note"] and shown(row["note"])} for row in rows]
    lines = table(listed, EVENTS) if rows else ["no verdict of a person yet"]
    return Shown({"run": run, "n_events": len(rows), "events": rows}, lines)


def _where(row: dict[str, Any]) -> str:
    return "validation" if row["arm"] is None else f"{row['arm']}, seed {row['seed']:g}, {row['benchmark']}"


def _row(row: Any) -> dict[str, Any]:
    return {
        **row,
        "where": _where(row),
        "imported": WORDS[row["imported"]],
        "graded": WORDS[row["graded"]],
        "answer": row["answer"] and shown(row["answer"], 40),
        "reference": row["reference"] and shown(row["reference"], 40),
        "response": shown(row["response"].strip()[-60:], 70),
    }
