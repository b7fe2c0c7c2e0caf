"""Review the teacher's labels: decide, take back, carry as a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from stat_engine.api import Run, Workspace, output
from stat_engine.api.choices import FLAGS, STATES, Decision, LabelFilter
from stat_engine.api.output import rows as rows_of
from stat_engine.cli.options import Author, NoteOption, RunArgument
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.errors import StatError, shown

app = Verbs(help=__doc__)
ResponsesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[RESPONSE]...", help="Responses by id, as `label list` shows them"),
]
ResponseArgument = Annotated[
    str, typer.Argument(metavar="RESPONSE", help="Response by id", show_default=False)
]
TextArgument = Annotated[str, typer.Argument(help="The text of the note", show_default=False)]
FileArgument = Annotated[
    Path,
    typer.Argument(help="Labels that `label export` or the tool wrote", show_default=False),
]
OutOption = Annotated[
    Path, typer.Option(help="File to write: .jsonl, for label-studio .json; for argilla a folder")
]
FormatOption = Annotated[str, typer.Option("--format", help="jsonl, label-studio or argilla")]
LimitOption = Annotated[int, typer.Option(min=0, help="Rows shown; 0: all")]
COLUMNS = {
    "response_id": "response", "question_id": "question", "state": "state", "flags": "flags",
    "judge": "judge", "teacher_skills": "teacher's skills", "skills": "skills now", "author": "by",
}  # fmt: skip
EFFECTS = {
    "subject": "subject", "skill": "skill", "n_before": "missing", "n_after": "then",
    "pairs_before": "planned pairs", "pairs_after": "then",
}  # fmt: skip


def any_response(default: str) -> Any:
    """An argument that names a response, or none: then what `default` says is meant."""
    return typer.Argument(metavar="[RESPONSE]", help=f"Response by id; {default} by default")


@dataclass(frozen=True)
class Filter:
    """Which labels are meant; every option that is given must hold."""

    status: Annotated[
        list[str] | None,
        typer.Option("--status", help=f"{', '.join((*STATES, *FLAGS))}; repeat it where several must hold"),
    ] = None
    teacher_judge: Annotated[
        str | None, typer.Option("--teacher-judge", help="The teacher's verdict: correct, incorrect or none")
    ] = None
    subject: Annotated[str | None, typer.Option("--subject", help="Subject of the label")] = None
    skill: Annotated[str | None, typer.Option("--skill", help="Skill that the label now names")] = None
    question: Annotated[str | None, typer.Option("--question", help="Question by id")] = None
    decided_by: Annotated[str | None, typer.Option("--decided-by", help="Author of the current decision")] = (
        None
    )

    def labels(self) -> LabelFilter:
        """The filter as the engine takes it."""
        statuses = tuple(self.status or ())
        return LabelFilter(
            statuses, self.teacher_judge, self.subject, self.skill, self.question, self.decided_by
        )


@dataclass(frozen=True)
class Reviewer(Author):
    """Who decides, and whether on top of other people's decisions."""

    over_others: Annotated[
        bool, typer.Option("--over-others", help="Decide on top of other people's decisions too")
    ] = False


@dataclass(frozen=True)
class Bulk(Reviewer, Filter):
    """A decision on all labels that the filter finds."""

    note: NoteOption = None
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change")] = False


@app.verb("accept")
def accept(place: Workspace, run: RunArgument, responses: ResponsesArgument = None, *, bulk: Bulk) -> Shown:
    """Accept the teacher's labels of the named responses, or of all that a filter finds."""
    return _decide_all(place.run(run), "accept", responses or [], bulk)


@app.verb("edit")
def edit(
    place: Workspace,
    run: RunArgument,
    response: ResponseArgument,
    *,
    skill: Annotated[
        list[str] | None, typer.Option("--skill", help="A skill it lacks, or SUBJECT/SKILL; repeat it")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="It lacks no skill")] = False,
    note: NoteOption = None,
    by: Reviewer,
) -> Shown:
    """Say which skills a response lacks, in place of what the teacher said."""
    if bool(skill) == none:
        raise StatError("label edit: expected --skill NAME, once or more, or --none")
    return _decide(place, run, Decision(response, "edit", skills=skill or [], note=note), by)


@app.verb("discard")
def discard(place: Workspace, run: RunArgument, responses: ResponsesArgument = None, *, bulk: Bulk) -> Shown:
    """Discard labels: they name no skill from then on."""
    return _decide_all(place.run(run), "discard", responses or [], bulk)


@app.verb("note")
def note(
    place: Workspace, run: RunArgument, response: ResponseArgument, text: TextArgument, *, by: Author
) -> Shown:
    """Add a note to a label's history; it changes nothing else."""
    return _decide(place, run, Decision(response, "note", note=text), Reviewer(by.author, over_others=True))


@app.verb("undo")
def undo(
    place: Workspace,
    run: RunArgument,
    response: Annotated[str | None, any_response("your last decision")] = None,
    *,
    bulk: Annotated[str | None, typer.Option("--bulk", help="All decisions of a bulk action")] = None,
    by: Reviewer,
) -> Shown:
    """Take back the decision on a response, your own last one, or a bulk action; the history keeps both."""
    labels = place.run(run).labels
    if bulk:
        events, n_left = labels.undo_bulk(bulk, by.author)
        result = {"run": run, "bulk": bulk, "n_undone": len(events), "n_left": n_left}
        return Shown(result, [f"{len(events):,} decisions taken back, {n_left:,} left: decided upon since"])
    return _decided(run, labels.undo(response, by.author, by.over_others))


def _decide(place: Workspace, run: str, decision: Decision, by: Reviewer) -> Shown:
    return _decided(run, place.run(run).labels.decide(decision, by.author, by.over_others))


def _decided(run: str, event: Any) -> Shown:
    line = f"response {event.response_id}: {output.label_event(event)}"
    return Shown({"run": run, **event.model_dump()}, [line])


def _decide_all(run: Run, action: Literal["accept", "discard"], responses: list[str], bulk: Bulk) -> Shown:
    wanted, how = bulk.labels(), (bulk.note, bulk.author, bulk.over_others, bulk.dry_run)
    if not responses and wanted == LabelFilter():
        raise StatError(f"label {action}: name responses, or a filter, as in --status pending")
    result = run.labels.decide_all(action, responses, wanted, *how)
    head = f"{result['n_meant']:,} labels {'would be ' if bulk.dry_run else ''}{action}ed"
    n_others, made = result["n_left_to_others"], result["bulk"]
    left = [f"{n_others:,} left as others decided; --over-others includes them"] if n_others else []
    way_back = [f"take it back with: stat-studio label undo {run.name} --bulk {made}"] if made else []
    effects = table(result["effects"], EFFECTS) if result["effects"] else []
    return Shown(result, [head, *effects, *left, *way_back])


@app.verb("list")
def list_labels(place: Workspace, run: RunArgument, *, wanted: Filter, limit: LimitOption = 50) -> Shown:
    """List labels with what people made of them, and count them by status."""
    labels = place.run(run).labels
    counts, chosen = labels.counts(), labels.queue(wanted.labels())
    rows = rows_of(chosen.head(limit or len(chosen)))
    result = {"run": run, "counts": counts, "n_chosen": len(chosen), "labels": rows}
    head = ", ".join(f"{n:,} {name}" for name, n in counts.items())
    n = sum(counts[state] for state in STATES)
    lines = [f"{n:,} labels: {head}", *(table(rows, COLUMNS) if rows else [])]
    return Shown(result, [*lines, *_more(len(chosen) - len(rows))])


@app.verb("history")
def history(
    place: Workspace,
    run: RunArgument,
    response: Annotated[str | None, any_response("all")] = None,
    limit: LimitOption = 50,
) -> Shown:
    """Show who decided what and when, newest first; nothing in it is ever changed."""
    frame = place.run(run).labels.history(response)
    rows = rows_of(frame.head(limit or len(frame)))
    columns = {key: key.replace("_id", "").replace("_", " ") for key in frame.columns if key != "event_id"}
    short = [
        row
        | {"is_standing": "yes" if row["is_standing"] else "no", "note": row["note"] and shown(row["note"])}
        for row in rows
    ]
    lines = [*table(short, columns), *_more(len(frame) - len(rows))]
    result = {"run": run, "n_events": len(frame), "events": rows}
    return Shown(result, lines if rows else ["no decision yet"])


def _more(n: int) -> list[str]:
    return [f"{n:,} more; --limit 0 shows all"] if n else []


@app.verb("export")
def export(place: Workspace, run: RunArgument, *, out: OutOption, format: FormatOption = "jsonl") -> Shown:
    """Write every label with what people made of it, and what the teacher said."""
    result = place.run(run).labels.export(out, format)
    counts = f"{result['n_labels']:,} labels, {result['n_decided']:,} decided on"
    return Shown(result, [f"{counts}, written to {', '.join(result['files'])}"])


@app.verb("import")
def import_file(
    place: Workspace,
    run: RunArgument,
    file: FileArgument,
    *,
    format: FormatOption = "jsonl",
    annotator: Annotated[
        str | None, typer.Option(help="Of a tool's file: whose annotations, by id, e-mail or name")
    ] = None,
    by: Reviewer,
) -> Shown:
    """Take the decisions of a file over as the author's: all of them, or none where a row is wrong."""
    result = place.run(run).labels.import_file(file, by.author, by.over_others, format, annotator)
    line = f"{result['n_decided']:,} decisions, {result['n_passed_over']:,} rows passed over"
    way_back = f"; take them back with --bulk {result['bulk']}" if result["bulk"] else ""
    return Shown(result, [line + way_back])
