"""Verbs on labels: list, accept, edit, discard, note, undo, history, agreement, export, import."""

import getpass
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine import review, views
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.errors import StatError
from stat_engine.notebook import Workspace
from stat_engine.records import LabelAction, LabelEvent
from stat_engine.review import Decision
from stat_engine.store.label_log import PAST, newest_events
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.labels import FLAGS, STATES, LabelFilter

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
ResponsesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[RESPONSE]...", help="Responses by id, as `label list` shows them")
]
ResponseArgument = Annotated[str, typer.Argument(metavar="RESPONSE", help="Response by id", show_default=False)]
AuthorOption = Annotated[
    str, typer.Option("--author", help="Who decides; $STAT_REVIEWER or the system's user by default")
]
OverOption = Annotated[
    bool, typer.Option("--over-others", help="Decide on top of other people's decisions too")
]
NoteOption = Annotated[str | None, typer.Option("--note", help="A note for the history")]
StatusOption = Annotated[
    list[str] | None,
    typer.Option("--status", help=f"{', '.join((*STATES, *FLAGS))}; repeat it where several must hold"),
]
JudgeOption = Annotated[
    str | None, typer.Option("--teacher-judge", help="The teacher's verdict: correct, incorrect or none")
]
SubjectOption = Annotated[str | None, typer.Option("--subject", help="Subject of the label")]
SkillOption = Annotated[str | None, typer.Option("--skill", help="Skill that the label now names")]
QuestionOption = Annotated[str | None, typer.Option("--question", help="Question by id")]
ByOption = Annotated[str | None, typer.Option("--decided-by", help="Whose decision is in force")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Only show what would change")]
COLUMNS = {
    "response_id": "response", "question_id": "question", "state": "state", "flags": "flags", "judge": "judge",
    "teacher_skills": "teacher's skills", "skills": "skills now", "author": "by",
}  # fmt: skip
EFFECTS = {
    "subject": "subject", "skill": "skill", "n_before": "missing", "n_after": "then",
    "pairs_before": "planned pairs", "pairs_after": "then",
}  # fmt: skip


@app.command("list")
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


@app.command("accept")
def accept(
    run: RunArgument,
    responses: ResponsesArgument = None,
    status: StatusOption = None,
    teacher_judge: JudgeOption = None,
    subject: SubjectOption = None,
    skill: SkillOption = None,
    question: QuestionOption = None,
    decided_by: ByOption = None,
    note: NoteOption = None,
    author: AuthorOption = "",
    over_others: OverOption = False,
    dry_run: DryOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Accept the teacher's labels of the named responses, or of all that a filter finds."""
    chosen = LabelFilter(tuple(status or ()), teacher_judge, subject, skill, question, decided_by)
    folder = Workspace(workspace).run_folder(run)
    bulk = _Bulk(folder, "accept", _author(author), note, over_others)
    _decide_all(bulk, responses, chosen, dry_run, json)


@app.command("discard")
def discard(
    run: RunArgument,
    responses: ResponsesArgument = None,
    status: StatusOption = None,
    teacher_judge: JudgeOption = None,
    subject: SubjectOption = None,
    skill: SkillOption = None,
    question: QuestionOption = None,
    decided_by: ByOption = None,
    note: NoteOption = None,
    author: AuthorOption = "",
    over_others: OverOption = False,
    dry_run: DryOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Discard labels: they name no skill from then on."""
    chosen = LabelFilter(tuple(status or ()), teacher_judge, subject, skill, question, decided_by)
    folder = Workspace(workspace).run_folder(run)
    bulk = _Bulk(folder, "discard", _author(author), note, over_others)
    _decide_all(bulk, responses, chosen, dry_run, json)
