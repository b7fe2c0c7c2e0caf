"""Labels of a run as records of Argilla (2.x), out and in.

Out: the folder that `Dataset.from_disk` reads, of `records.json` and `.argilla/`. A decision in force is a
suggestion of its author, because a server accepts responses of its own users only. In: `records.json`, and
rows of `records.to_datasets()`; a record without responses says what it was written with."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stat_engine.errors import StatError
from stat_engine.formats.exports import write_text
from stat_engine.formats.row import Row
from stat_engine.review.annotations import DECISIONS, Values, flat, unknown, values_of
from stat_engine.skills import Skill, Vocabulary
from stat_engine.store.outputs import output_place

NAMES = ("decision", "skills", "note")


def write_records(
    rows: Sequence[Mapping[str, Any]], vocabulary: Vocabulary, out: Path, name: str
) -> list[Path]:
    """Write a folder that Argilla's `Dataset.from_disk` reads; raises StatError where `out` is no folder."""
    if out.is_file() or out.suffix:
        raise StatError(f"{out}: labels for Argilla are written to a folder, named without an ending")
    options = [_full(skill) for skill in vocabulary]
    files = {
        out / "records.json": [_record(row, vocabulary) for row in rows],
        out / ".argilla" / "settings.json": _settings(options),
        out / ".argilla" / "dataset.json": {
            "id": None, "inserted_at": None, "updated_at": None, "name": name, "status": "draft",
            "guidelines": None, "allow_extra_metadata": True, "distribution": None, "workspace_id": None,
            "last_activity_at": None,
        },
    }  # fmt: skip
    for path in files:
        output_place(path)
    for path, content in files.items():
        write_text(path, [json.dumps(content, ensure_ascii=False)])
    return list(files)


def _record(row: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    status, agent = row["status"], row["author"] or row["teacher"]
    known = {_full(skill) for skill in vocabulary}
    names = [_named(row["subject"], name, known) for name in row["skills"]]
    suggested: dict[str, Any] = {
        **({"decision": status} if status != "pending" else {}),
        **({"skills": [name for name in names if name in known]} if known & set(names) else {}),
        **({"note": row["note"]} if row["note"] else {}),
    }
    kept = ("question_id", "sample", "subject", "teacher", "at")
    return {
        "id": row["response_id"],
        "fields": {"problem": row["problem"], "response": row["response"], "reason": row["reason"] or "-"},
        "metadata": {"decision": status, **{key: row[key] for key in kept if row[key] is not None}},
        "suggestions": {key: {"value": one, "score": None, "agent": agent} for key, one in suggested.items()},
        "responses": {},
        "vectors": {},
        "status": "pending",
        "_server_id": None,
    }


def _settings(skills: Sequence[str]) -> dict[str, Any]:
    """The dataset's settings, as `rg.Settings.to_json` writes them."""
    return {
        "guidelines": "Which skills does the response lack? Accept, edit or discard the teacher's label.",
        "questions": [
            _question(
                "decision", "The teacher's label is", "label_selection", True,
                options=_options(DECISIONS), visible_options=len(DECISIONS),
            ),
            _question(
                "skills", "Skills that the response lacks", "multi_label_selection", False,
                options=_options(skills), visible_options=None, options_order="suggestion",
            ),
            _question("note", "Note", "text", False, use_markdown=False),
        ],
        "fields": [
            _part(name, title, {"type": "text", "use_markdown": False}, True)
            for name, title in (
                ("problem", "Problem"), ("response", "Response"), ("reason", "The teacher's reason"),
            )
        ],
        "vectors": [],
        "metadata": [],
        "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
        "mapping": None,
    }  # fmt: skip


def _part(name: str, title: str, settings: Mapping[str, Any], is_required: bool) -> dict[str, Any]:
    of_server = dict.fromkeys(("id", "inserted_at", "updated_at", "dataset_id", "description"))
    return {**of_server, "name": name, "title": title, "settings": settings, "required": is_required}


def _question(name: str, title: str, kind: str, is_required: bool, **settings: Any) -> dict[str, Any]:
    return {**_part(name, title, {"type": kind, **settings}, is_required), "type": kind}


def _options(names: Sequence[str]) -> list[dict[str, str]]:
    return [{"text": name, "value": name} for name in names]


def _full(skill: Skill) -> str:
    return f"{skill[0]}/{skill[1]}" if skill[0] else skill[1]


def _named(subject: str, name: str, known: set[str]) -> str:
    own = _full((subject, name))
    return own if own in known else name


def read_record(row: Row, annotator: str | None) -> tuple[str, list[Values]]:
    """(response id, what each user says) of a record; `annotator` leaves only the user with that id."""
    id = row.identifier("id") if row.has("id") else unknown(row, "id")
    by_user: dict[str, dict[str, Any]] = {}
    for name in NAMES:
        for user, value in _responses(row, name):
            by_user.setdefault(user, {})[name] = flat(value)
    wanted = {user: said for user, said in by_user.items() if annotator in (None, user)}
    if wanted or by_user:
        return id, [values_of(**{name: said.get(name, []) for name in NAMES}) for said in wanted.values()]
    metadata = row.values.get("metadata")
    decision = metadata.get("decision") if isinstance(metadata, dict) else row.values.get("decision")
    if decision not in DECISIONS:
        return id, []
    suggestions = row.values.get("suggestions")
    said = {name: _suggested(row, suggestions, name) for name in ("skills", "note")}
    return id, [values_of([decision], **said)]


def _responses(row: Row, name: str) -> list[tuple[str, Any]]:
    """(user, value) of each response to a question, of `records.json` or of a row of `to_datasets`."""
    responses = row.values.get("responses")
    if isinstance(responses, dict):
        given = responses.get(name) or []
        return [(str(one.get("user_id")), one.get("value")) for one in given if isinstance(one, dict)]
    values, users = row.values.get(f"{name}.responses"), row.values.get(f"{name}.responses.users")
    if not isinstance(values, list) or not isinstance(users, list):
        return []
    return [(str(user), value) for user, value in zip(users, values, strict=False)]


def _suggested(row: Row, suggestions: Any, name: str) -> list[str]:
    if isinstance(suggestions, dict):
        one = suggestions.get(name)
        return flat(one.get("value") if isinstance(one, dict) else None)
    return flat(row.values.get(f"{name}.suggestion"))
