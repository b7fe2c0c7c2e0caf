"""Reviewed labels as a file: JSON Lines out, and the same shape in as decisions of one author.

Files of annotation tools go the same way. Where people chose skills other than the teacher's there, the label
is edited, whatever else they said but "discarded".

`{response_id, question_id, sample, subject, status, skills, note, author, at, teacher, teacher_judge,
teacher_skills, teacher_status, reason}`; `status` is pending, accepted, edited or discarded, `skills` are
those now in force (`SUBJECT/SKILL` for another subject's). Read back are response_id, or question_id
and sample; status; skills, of edited ones; and note. A row that says what is in force already is passed
over, and so is a pending one; whatever is wrong with a row is said before anything is written."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

from stat_engine.errors import StatError, shown
from stat_engine.formats.columns import FirstLines
from stat_engine.formats.exports import write_text
from stat_engine.formats.row import Row
from stat_engine.formats.rows import read_rows
from stat_engine.records import LabelAction, LabelEvent, MissingSkill, Response
from stat_engine.review import argilla, label_studio
from stat_engine.review.annotations import Values
from stat_engine.review.deciding import UnknownSkill, decide_all, resolve
from stat_engine.skills import Skill, Vocabulary
from stat_engine.store import query
from stat_engine.store.event_log import PAST, decisions, newest_events
from stat_engine.store.label_log import Decision, as_decided, in_words
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.labels import STATES, skill_names

LabelFormat = Literal["jsonl", "label-studio", "argilla"]
FORMATS: tuple[LabelFormat, ...] = get_args(LabelFormat)
WRITERS: dict[str, Callable[[Sequence[Mapping[str, Any]], Vocabulary, Path, str], list[Path]]] = {
    "label-studio": label_studio.write_tasks,
    "argilla": argilla.write_records,
}
_READERS: dict[str, Callable[[Row, str | None], tuple[str, list[Values]]]] = {
    "label-studio": label_studio.read_task,
    "argilla": argilla.read_record,
}
ACTIONS: dict[str, LabelAction] = {PAST[action]: action for action in ("accept", "edit", "discard")}


def label_format(name: str) -> LabelFormat:
    """The format of this name; raises StatError for an unknown one."""
    found = next((known for known in FORMATS if known == name), None)
    if found is None:
        raise StatError(f"format {shown(name)}: expected one of {', '.join(FORMATS)}")
    return found


def export_rows(run: RunFolder) -> list[dict[str, Any]]:
    """One object a label of the run's teacher, as the head of this module has it."""
    decided, samples = decisions(run.label_log.events()), _samples(run)
    return [
        _exported(label, decided.get(label.response_id), samples.get(label.response_id))
        for label in run.own_labels()
    ]


def export_labels(run: RunFolder, out: Path, fmt: LabelFormat = "jsonl") -> dict[str, Any]:
    """Write every label with what people made of it; returns run, file, the files and counts.

    `out` is a .jsonl file, for Label Studio a .json file, for Argilla a folder; StatError for another."""
    rows = export_rows(run)
    if fmt == "jsonl":
        if out.suffix.lower() != ".jsonl":
            raise StatError(f"{out}: labels are written to a file that ends in .jsonl")
        write_text(out, [json.dumps(row, ensure_ascii=False) + "\n" for row in rows])
        files = [out]
    else:
        shown_rows = _with_texts(run, rows)
        vocabulary = run.pool_dataset.need_skill_map()
        files = WRITERS[fmt](shown_rows, vocabulary, out, run.name)
    n_decided = sum(row["status"] != "pending" for row in rows)
    return {
        "run": run.name, "file": str(out), "files": [str(file) for file in files], "n_labels": len(rows),
        "n_decided": n_decided,
    }  # fmt: skip


def _with_texts(run: RunFolder, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the problem and the response that a person reads."""
    responses = {r.response_id: r.response for r in run.responses.read()}
    questions = run.dataset.questions
    return [
        {
            **row,
            "problem": questions[row["question_id"]].problem,
            "response": responses.get(row["response_id"]) or "(empty)",
        }
        for row in rows
    ]


def import_labels(
    run: RunFolder,
    path: Path,
    author: str,
    over_others: bool = False,
    fmt: LabelFormat = "jsonl",
    annotator: str | None = None,
) -> dict[str, Any]:
    """Read a file's decisions in as the author's, all or none, under one bulk id.

    `annotator`: whose annotations are read of an annotation tool's file. Raises InputError for a row that
    names no label of the run, or twice the same, a skill outside the vocabulary, and a response somebody
    else decided on, unless `over_others`."""
    if annotator is not None and fmt == "jsonl":
        raise StatError("--annotator: only files of an annotation tool name one; add --format")
    place = _Place(run, author, over_others)
    chosen: list[Decision] = []
    firsts, n_rows = FirstLines(), 0
    for row in read_rows(path) if fmt == "jsonl" else _tool_rows(path, fmt, annotator):
        label, n_rows = place.label_of(row), n_rows + 1
        firsts.once(row, "response_id", label.response_id, shown(label.response_id))
        decision = place.decision_of(row if fmt == "jsonl" else place.settled(row, label), label)
        if decision is not None:
            chosen.append(decision)
    events = decide_all(run, chosen, author) if chosen else []
    return {
        "run": run.name, "n_rows": n_rows, "n_decided": len(events), "n_passed_over": n_rows - len(events),
        "bulk": events[0].bulk if events else None,
    }  # fmt: skip


def _tool_rows(path: Path, tool: str, annotator: str | None = None) -> Iterator[Row]:
    """The rows of a tool's file as {response_id, status, skills, note}; null where nothing is said.

    `annotator` is whose annotations are read. Raises InputError for a row that `label export` did not write,
    and for annotations of several people that differ where none of them is named."""
    found: dict[str, tuple[Row, list[Values]]] = {}
    for row in read_rows(path):
        id, said = _READERS[tool](row, annotator)
        found.setdefault(id, (row, []))[1].extend(said)
    for id, (row, said) in found.items():
        different = [one for at, one in enumerate(said) if one not in said[:at]]
        if len(different) > 1:
            expected = "one annotation, or --annotator with the person to read"
            raise row.refuse("annotations", f"{len(different)} of {shown(id)} that differ", expected)
        values = different[0] if different else {"status": "pending"}
        yield Row(row.line, {"response_id": id, **values}, row.file)


class _Place:
    """What the rows of a file are read against."""

    def __init__(self, run: RunFolder, author: str, over_others: bool) -> None:
        self._author = author
        self._over_others = over_others
        self._labels = {label.response_id: label for label in run.own_labels()}
        self._ids = {key: id for id, key in _samples(run).items()}
        events = run.label_log.events()
        self._decided, self._newest = decisions(events), newest_events(events)
        self._vocabulary = run.pool_dataset.need_skill_map()

    def label_of(self, row: Row) -> MissingSkill:
        """The label that a row is about."""
        if row.has("response_id"):
            field, what = "response_id", row.identifier("response_id")
            id: str | None = what
        else:
            field, question, sample = (
                "question_id",
                row.identifier("question_id"),
                row.whole("sample", 0) or 0,
            )
            what, id = f"{question}, sample {sample}", self._ids.get((question, sample))
        label = self._labels.get(id or "")
        if label is None:
            raise row.refuse(field, shown(what), "a response that the run's teacher labelled")
        return label

    def decision_of(self, row: Row, label: MissingSkill) -> Decision | None:
        """What the row says of the label; None where it says nothing new."""
        status = row.choice("status", STATES)
        if status is None:
            raise row.refuse("status", row.found("status"), f"one of {', '.join(STATES)}")
        if status == "pending":
            return None
        action, there = ACTIONS[status], self._decided.get(label.response_id)
        skills = self._skills(row, label.subject) if action == "edit" else ([], {})
        if there and (there.action, there.skills or [], there.other_subjects or {}) == (action, *skills):
            return None
        if there and there.author != self._author and not self._over_others:
            expected = "a response nobody else decided on, or --over-others"
            raise row.refuse("response_id", f"{shown(label.response_id)}, {in_words(there)}", expected)
        newest = self._newest.get(label.response_id)
        return Decision(
            label.response_id,
            action,
            seen=newest.event_id if newest else None,
            skills=skills[0] if action == "edit" else None,
            other_subjects=skills[1] or None,
            note=row.optional_text("note"),
        )

    def settled(self, row: Row, label: MissingSkill) -> Row:
        """The row of an annotation tool: edited where other skills than the teacher's were chosen."""
        if not row.has("skills") or row.values["status"] not in (None, "accepted"):
            return row if row.has("status") else replace(row, values={**row.values, "status": "pending"})
        own, others = self._skills(row, label.subject)
        is_same = set(own) == set(label.skills) and not others
        return replace(row, values={**row.values, "status": "accepted" if is_same else "edited"})

    def _skills(self, row: Row, subject: str) -> tuple[list[str], dict[str, list[str]]]:
        names = row.texts("skills")
        try:
            return resolve(self._vocabulary, subject, names)
        except UnknownSkill as error:
            raise row.refuse("skills", error.found, error.expected) from None


def _exported(label: MissingSkill, decision: LabelEvent | None, of: tuple[str, int] | None) -> dict[str, Any]:
    skills: list[Skill] = [
        (one.subject, skill) for one in as_decided(label, decision) for skill in one.skills
    ]
    return {
        "response_id": label.response_id, "question_id": label.question_id, "sample": of[1] if of else None,
        "subject": label.subject, "status": PAST[decision.action] if decision else "pending",
        "skills": skill_names(label.subject, skills), "note": decision.note if decision else None,
        "author": decision.author if decision else None, "at": decision.at if decision else None,
        "teacher": label.teacher, "teacher_judge": label.judge, "teacher_skills": label.skills,
        "teacher_status": label.status, "reason": label.reason,
    }  # fmt: skip


def _samples(run: RunFolder) -> Mapping[str, tuple[str, int]]:
    """{response id: (question id, sample)} of the run's responses."""
    tables = {"responses": (run.responses.files(), Response)}
    found = query.rows("select response_id, question_id, sample from responses", tables)
    return {row["response_id"]: (row["question_id"], row["sample"]) for row in found}
