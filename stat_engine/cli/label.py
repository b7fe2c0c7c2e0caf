"""Verbs that decide on labels: accept, edit, discard, note, undo; those that show them are in `labels`.

Verbs that show labels and carry them: list, history, agreement, export, import.
"""

import getpass
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stat_engine import review, views
from stat_engine.api import Workspace
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.errors import StatError, shown
from stat_engine.records import LabelAction
from stat_engine.review import Decision
from stat_engine.store.label_log import PAST, in_words, newest_events
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.labels import FLAGS, STATES, LabelFilter

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
ResponsesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[RESPONSE]...", help="Responses by id, as `label list` shows them"),
]
ResponseArgument = Annotated[
    str, typer.Argument(metavar="RESPONSE", help="Response by id", show_default=False)
]
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
EFFECTS = {
    "subject": "subject", "skill": "skill", "n_before": "missing", "n_after": "then",
    "pairs_before": "planned pairs", "pairs_after": "then",
}  # fmt: skip


def _over_a_filter(action: LabelAction, help: str) -> None:
    """Register a verb that decides on named responses, or on all that a filter finds."""

    def verb(
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
        folder, by = Workspace(workspace).run_folder(run), author_or_default(author)
        wanted = LabelFilter(tuple(status or ()), teacher_judge, subject, skill, question, decided_by)
        if not responses and wanted == LabelFilter():
            raise StatError(f"label {action}: name responses, or a filter, as in --status pending")
        queue = wanted.of(views.labels.queue(folder))
        if responses:
            _need_all(folder, responses, queue)
            queue = queue[queue.response_id.isin(responses)]
            if not over_others:
                review.refuse_others(folder, responses, by)
        kept = queue if over_others else queue[queue.author.isna() | (queue.author == by)]
        seen = dict(zip(kept.response_id, kept.newest, strict=True))
        decisions = [Decision(id, action, seen=newest, note=note) for id, newest in seen.items()]
        _show_decided(folder, decisions, by, len(queue) - len(kept), dry_run, json)

    app.command(action, help=help)(verb)


_over_a_filter("accept", "Accept the teacher's labels of the named responses, or of all that a filter finds.")


@app.command("edit")
def edit(
    run: RunArgument,
    response: ResponseArgument,
    skill: Annotated[
        list[str] | None, typer.Option("--skill", help="A skill it lacks, or SUBJECT/SKILL; repeat it")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="It lacks no skill")] = False,
    note: NoteOption = None,
    author: AuthorOption = "",
    over_others: OverOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Say which skills a response lacks, in place of what the teacher said."""
    if bool(skill) == none:
        raise StatError("label edit: expected --skill NAME, once or more, or --none")
    decision = Decision(response, "edit", skills=skill or [], note=note)
    _decide(Workspace(workspace).run_folder(run), decision, author_or_default(author), over_others, json)


_over_a_filter("discard", "Discard labels: they name no skill from then on.")


@app.command("note")
def note(
    run: RunArgument,
    response: ResponseArgument,
    text: Annotated[str, typer.Argument(help="What to remember of it", show_default=False)],
    author: AuthorOption = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Add a note to a label's history; it changes nothing else."""
    folder = Workspace(workspace).run_folder(run)
    _decide(folder, Decision(response, "note", note=text), author_or_default(author), True, json)


@app.command("undo")
def undo(
    run: RunArgument,
    response: Annotated[
        str | None, typer.Argument(metavar="[RESPONSE]", help="Response by id; your last decision by default")
    ] = None,
    bulk: Annotated[str | None, typer.Option("--bulk", help="All decisions of a bulk action")] = None,
    author: AuthorOption = "",
    over_others: OverOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Take back the decision on a response, your own last one, or a bulk action; the history keeps both."""
    folder, by = Workspace(workspace).run_folder(run), author_or_default(author)
    if bulk:
        events, n_left = review.undo_bulk(folder, bulk, by)
        result = {"run": run, "bulk": bulk, "n_undone": len(events), "n_left": n_left}
        show(result, json, [f"{len(events):,} decisions taken back, {n_left:,} left: decided upon since"])
        return
    last = None if response else review.last_by(folder, by)
    if response is None and last is None:
        raise StatError(f"run {run} has no decision of {by} to take back")
    id = response or (last.response_id if last else "")
    _decide(folder, Decision(id, "undo"), by, over_others, json)


def author_or_default(given: str) -> str:
    """Whose decisions they are: as given, from the environment, or the system's user."""
    return given or os.environ.get("STAT_REVIEWER") or getpass.getuser()


def _decide(run: RunFolder, decision: Decision, author: str, over_others: bool, as_json: bool) -> None:
    """Decide on one response, on top of what the log says now."""
    if not over_others:
        review.refuse_others(run, [decision.response_id], author)
    newest = newest_events(run.label_log.events()).get(decision.response_id)
    event = review.decide(run, replace(decision, seen=newest.event_id if newest else None), author)
    result = {"run": run.name, **event.model_dump()}
    show(result, as_json, [f"response {event.response_id}: {in_words(event)}"])


def _show_decided(
    run: RunFolder,
    decisions: list[Decision],
    author: str,
    n_others: int,
    is_dry: bool,
    as_json: bool,
) -> None:
    """Decide on many, or only show what it would do, with what it does to the profile and the plan."""
    action = decisions[0].action if decisions else "accept"
    rows = views.label_history.bulk_effects(run, action, tuple(one.response_id for one in decisions))
    events = [] if is_dry else review.decide_all(run, decisions, author)
    bulk = events[0].bulk if events else None
    result = {
        "run": run.name, "action": action, "n_meant": len(decisions), "n_decided": len(events), "bulk": bulk,
        "n_left_to_others": n_others, "effects": rows,
    }  # fmt: skip
    head = (
        f"{len(decisions):,} labels would be {PAST[action]}"
        if is_dry
        else f"{len(events):,} labels {PAST[action]}"
    )
    left = [f"{n_others:,} left as others decided; --over-others takes them in"] if n_others else []
    way_back = [f"take it back with: stat-studio label undo {run.name} --bulk {bulk}"] if bulk else []
    show(result, as_json, [head, *(table(rows, EFFECTS) if rows else []), *left, *way_back])


def _need_all(run: RunFolder, responses: list[str], queue: "pd.DataFrame") -> None:
    unknown = sorted(set(responses) - set(queue.response_id))
    if unknown:
        raise StatError(f"run {run.name}: response {shown(unknown[0])} has no label that fits the filter")


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
    result = views.label_history.people_agreement(Workspace(workspace).run_folder(run))
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
