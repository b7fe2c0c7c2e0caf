"""Verbs that show labels and carry them: list, history, agreement, export, import."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine import review, views
from stat_engine.cli.label import (
    AuthorOption,
    ByOption,
    JudgeOption,
    OverOption,
    QuestionOption,
    SkillOption,
    StatusOption,
    SubjectOption,
    author_or_default,
)
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.errors import shown
from stat_engine.notebook import Workspace
from stat_engine.views.labels import LabelFilter

COLUMNS = {
    "response_id": "response", "question_id": "question", "state": "state", "flags": "flags",
    "judge": "judge", "teacher_skills": "teacher's skills", "skills": "skills now", "author": "by",
}  # fmt: skip
INTERVAL = {"ci_low": "95% from", "ci_high": "to"}
PAIRS = {"first": "first", "second": "second", "agreement": "agreement"} | INTERVAL | {
    "n_questions": "questions", "n_first_named_none": "first named none", "n_unread": "unread",
}  # fmt: skip
KAPPAS = {
    "subject": "subject", "skill": "skill", "kappa": "kappa", "n": "responses", "n_both": "both",
    "n_first_only": "teacher only", "n_second_only": "people only",
}  # fmt: skip


def list_labels(
    run: RunArgument,
    status: StatusOption = None,
    teacher_judge: JudgeOption = None,
    subject: SubjectOption = None,
    skill: SkillOption = None,
    question: QuestionOption = None,
    decided_by: ByOption = None,
    limit: Annotated[int, typer.Option(help="Labels shown; 0: all")] = 50,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List labels with what people made of them, and count them by status."""
    folder = Workspace(workspace).run_folder(run)
    queue = views.labels.queue(folder)
    chosen = LabelFilter(tuple(status or ()), teacher_judge, subject, skill, question, decided_by).of(queue)
    rows: list[dict[str, Any]] = chosen.head(limit or len(chosen)).to_dict("records")  # type: ignore[assignment]
    counts = views.labels.counts(queue)
    result = {"run": run, "counts": counts, "n_chosen": len(chosen), "labels": rows}
    head = ", ".join(f"{n:,} {name}" for name, n in counts.items())
    more = [f"{len(chosen) - len(rows):,} more; --limit 0 shows all"] if len(rows) < len(chosen) else []
    show(result, json, [f"{len(queue):,} labels: {head}", *(table(rows, COLUMNS) if rows else []), *more])


def history(
    run: RunArgument,
    response: Annotated[
        str | None, typer.Argument(metavar="[RESPONSE]", help="Response by id; all by default")
    ] = None,
    limit: Annotated[int, typer.Option(help="Events shown; 0: all")] = 50,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show who decided what and when, newest first; nothing in it is ever changed."""
    frame = views.label_history.history(Workspace(workspace).run_folder(run), response)
    rows: list[dict[str, Any]] = frame.head(limit or len(frame)).to_dict("records")  # type: ignore[assignment]
    columns = {key: key.replace("_id", "").replace("_", " ") for key in frame.columns if key != "event_id"}
    more = [f"{len(frame) - len(rows):,} more; --limit 0 shows all"] if len(rows) < len(frame) else []
    short = [
        row
        | {"is_standing": "yes" if row["is_standing"] else "no", "note": row["note"] and shown(row["note"])}
        for row in rows
    ]
    lines = [*table(short, columns), *more]
    show({"run": run, "n_events": len(frame), "events": rows}, json, lines if rows else ["no decision yet"])


def agreement(run: RunArgument, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show how far people agree with the teacher: labels left unchanged, shares of skills, kappa a skill."""
    result = views.label_effects.people_agreement(Workspace(workspace).run_folder(run))
    n, share = result["n_reviewed"], result["share"]
    head = f"no label of {result['teacher']} is reviewed yet"
    if n:
        interval = f"95% {result['ci_low']:.1%} to {result['ci_high']:.1%}"
        head = f"{result['n_unchanged']:,} of {n:,} reviewed labels unchanged ({share:.1%}, {interval})"
    tables = [line for rows, columns in ((result["pairs"], PAIRS), (result["skills"], KAPPAS)) if rows and n
              for line in ("", *table(rows, columns))]  # fmt: skip
    show(result, json, [head, *tables])


def export(
    run: RunArgument,
    out: Annotated[Path, typer.Option(help="JSON Lines file to write")],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write every label with what people made of it, and what the teacher said."""
    result = review.export_labels(Workspace(workspace).run_folder(run), out)
    show(
        result, json, [f"{result['n_labels']:,} labels, {result['n_decided']:,} decided on, written to {out}"]
    )


def import_file(
    run: RunArgument,
    file: Annotated[Path, typer.Argument(help="Labels as `label export` writes them", show_default=False)],
    author: AuthorOption = "",
    over_others: OverOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Take the decisions of a file in as the author's: all of them, or none where a row is wrong."""
    result = review.import_labels(
        Workspace(workspace).run_folder(run), file, author_or_default(author), over_others
    )
    line = f"{result['n_decided']:,} decisions, {result['n_passed_over']:,} rows passed over"
    show(result, json, [line + (f"; take them back with --bulk {result['bulk']}" if result["bulk"] else "")])


VERBS: list[tuple[str, Callable[..., None]]] = [
    ("list", list_labels),
    ("history", history),
    ("agreement", agreement),
    ("export", export),
    ("import", import_file),
]
