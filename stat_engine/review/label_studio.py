"""Labels of a run as tasks of Label Studio, out and in.

Out: a JSON list of tasks, with the teacher's label as a prediction and a current decision as an annotation,
and the labelling configuration beside it. In: exports in the formats JSON and JSON-MIN."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stat_engine.errors import StatError
from stat_engine.formats.exports import write_text
from stat_engine.formats.row import Row
from stat_engine.review.annotations import Values, flat, unknown, values_of
from stat_engine.skills import Vocabulary
from stat_engine.store.outputs import output_place

NAMES = ("decision", "skills", "note")
CONFIG = """<View>
  <Header value="Problem"/>
  <Text name="problem" value="$problem"/>
  <Header value="Response"/>
  <Text name="response" value="$response"/>
  <Header value="The teacher's reason"/>
  <Text name="reason" value="$reason"/>
  <Header value="The teacher's label is"/>
  <Choices name="decision" toName="response" choice="single" showInline="true">
    <Choice value="accepted"/>
    <Choice value="edited"/>
    <Choice value="discarded"/>
  </Choices>
  <Header value="Skills that the response lacks"/>
  <Choices name="skills" toName="response" choice="multiple" value="$skill_options"/>
  <TextArea name="note" toName="response" placeholder="Note" rows="2" maxSubmissions="1"/>
</View>
"""
"""Label Studio's labelling configuration of the exported tasks."""


def write_tasks(
    rows: Sequence[Mapping[str, Any]], vocabulary: Vocabulary, out: Path, name: str
) -> list[Path]:
    """Write Label Studio's tasks and, beside them, the labelling configuration; a task needs no name.

    `rows` are those of `export_rows`, with problem and response. Raises StatError for another ending."""
    if out.suffix.lower() != ".json":
        raise StatError(f"{out}: tasks of Label Studio are written to a file that ends in .json")
    tasks = [_task(row, vocabulary) for row in rows]
    config = output_place(out.with_suffix(".xml"))
    write_text(out, [json.dumps(tasks, indent=1, ensure_ascii=False), "\n"])
    write_text(config, [CONFIG])
    return [out, config]


def _task(row: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    kept = (
        "response_id", "question_id", "sample", "subject", "problem", "response", "author", "at", "teacher",
    )  # fmt: skip
    names = [*vocabulary.of_subject(row["subject"]), *row["teacher_skills"], *row["skills"]]
    options = [{"value": name} for name in dict.fromkeys(names)]
    decided = _results(row["status"], row["skills"], row["note"]) if row["status"] != "pending" else []
    predicted = _results(None, row["teacher_skills"], None)
    return {
        "data": {**{key: row[key] for key in kept}, "reason": row["reason"] or "", "skill_options": options},
        "predictions": [{"model_version": row["teacher"], "result": predicted}] if predicted else [],
        "annotations": [{"result": decided}] if decided else [],
    }


def _results(status: str | None, skills: Sequence[str], note: str | None) -> list[dict[str, Any]]:
    """A result for each control of the configuration that has a value."""
    values: list[tuple[str, str, dict[str, Any]]] = [
        *([("decision", "choices", {"choices": [status]})] if status else []),
        *([("skills", "choices", {"choices": list(skills)})] if skills else []),
        *([("note", "textarea", {"text": [note]})] if note else []),
    ]
    return [
        {"id": name, "from_name": name, "to_name": "response", "type": kind, "value": value}
        for name, kind, value in values
    ]


def read_task(row: Row, annotator: str | None) -> tuple[str, list[Values]]:
    """(response id, what each annotation says) of a task; `annotator` leaves only that person's."""
    data = row.values.get("data")
    if data is None:  # JSON-MIN: one annotation of the task, beside the task's data
        id = row.identifier("response_id") if row.has("response_id") else ""
        is_wanted = annotator in (None, str(row.values.get("annotator")))
        values = {name: flat(row.values.get(name)) for name in NAMES}
        return id or unknown(row, "response_id"), [values_of(**values)] if is_wanted else []
    if not isinstance(data, dict) or not isinstance(data.get("response_id"), str):
        return unknown(row, "data"), []
    annotations = row.items("annotations", "annotations") if row.has("annotations") else []
    said = [
        values_of(**{name: _chosen(row, one, name) for name in NAMES})
        for one in annotations
        if isinstance(one, dict) and not one.get("was_cancelled")
        and (annotator is None or annotator in _annotators(one.get("completed_by")))
    ]  # fmt: skip
    return data["response_id"], said


def _annotators(value: Any) -> set[str]:
    """Names of the person of an annotation: an id, or the id, e-mail and name of a user."""
    return {str(one) for one in (value.values() if isinstance(value, dict) else [value]) if one is not None}


def _chosen(row: Row, annotation: Mapping[str, Any], name: str) -> list[str]:
    """What was chosen in a control of an annotation, or written into it."""
    results = annotation.get("result")
    found: list[str] = []
    for result in results if isinstance(results, list) else []:
        if isinstance(result, dict) and result.get("from_name") == name:
            value = result.get("value")
            found += flat(value if isinstance(value, dict) else None)
    return found
