"""Labels go to annotation tools and come back: Label Studio and Argilla."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from stat_engine.errors import InputError, StatError
from stat_engine.review.files import LabelFormat, export_labels, export_rows, import_labels
from stat_engine.review.label_studio import CONFIG
from stat_engine.store.run_folder import RunFolder
from tests.reviewing import append, labels_of, run_to_review

OUT: dict[LabelFormat, str] = {"jsonl": "labels.jsonl", "label-studio": "labels.json", "argilla": "labels"}
READ: dict[LabelFormat, str] = {**OUT, "argilla": "labels/records.json"}
WHAT = ("response_id", "status", "skills", "note")


def a_run(root: Path) -> RunFolder:
    root.mkdir(exist_ok=True)
    return run_to_review(root, labels_of(4, "area", "powers"))


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Four labels: one accepted, one edited with another subject's skill and a note, one discarded."""
    made = a_run(tmp_path)
    append(made.label_log, "r00", "accept", "ada")
    import_labels(made, rows_file(tmp_path, {"response_id": "r01", "status": "edited", "note": "look\nagain",
                                             "skills": ["slopes", "Geometry/circles"]}), "ada")  # fmt: skip
    append(made.label_log, "r02", "discard", "grace")
    return made


def rows_file(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def said(run: RunFolder) -> list[dict[str, Any]]:
    return [{key: row[key] for key in WHAT} for row in export_rows(run)]


def edited(path: Path, change: Any) -> Path:
    """The JSON file with its rows changed in place."""
    rows = json.loads(path.read_text())
    change({(row.get("data") or {}).get("response_id") or row.get("id"): row for row in rows})
    path.write_text(json.dumps(rows))
    return path


def annotation(decision: str | None, *skills: str, by: int = 1, **fields: Any) -> dict[str, Any]:
    """As Label Studio exports it."""
    parts = [("decision", [decision] if decision else []), ("skills", list(skills))]
    return {
        "id": 7, "completed_by": by, "was_cancelled": False, "ground_truth": False, "lead_time": 3.1,
        "result": [
            {"id": f"x{name}", "from_name": name, "to_name": "response", "type": "choices", "origin": "manual",
             "value": {"choices": chosen}}
            for name, chosen in parts if chosen
        ],
        **fields,
    }  # fmt: skip


@pytest.mark.parametrize("fmt", OUT)
def test_labels_that_go_out_come_back_the_same(fmt: LabelFormat, run: RunFolder, tmp_path: Path) -> None:
    counts = export_labels(run, tmp_path / OUT[fmt], fmt)
    assert (counts["n_labels"], counts["n_decided"]) == (4, 3)
    assert all(Path(file).is_file() for file in counts["files"])
    again = import_labels(run, tmp_path / READ[fmt], "ada", fmt=fmt)
    assert (again["n_rows"], again["n_decided"]) == (4, 0)
    other = a_run(tmp_path / "other")
    counts = import_labels(other, tmp_path / READ[fmt], "ada", fmt=fmt)
    assert counts["n_decided"] == 3
    assert said(other) == said(run)


def test_tasks_hold_what_a_person_needs(run: RunFolder, tmp_path: Path) -> None:
    export_labels(run, tmp_path / "labels.json", "label-studio")
    assert (tmp_path / "labels.xml").read_text() == CONFIG
    tasks = {task["data"]["response_id"]: task for task in json.loads((tmp_path / "labels.json").read_text())}
    data = tasks["r03"]["data"]
    assert (data["problem"], data["response"], data["reason"]) == (
        "What is 1 + 1? (q03)", "1+1=3\nAnswer: 3", "It adds wrongly.",
    )  # fmt: skip
    assert [one["value"] for one in data["skill_options"]] == ["addition", "area", "powers", "slopes"]
    assert tasks["r03"]["annotations"] == []
    assert tasks["r03"]["predictions"][0]["result"][0]["value"] == {"choices": ["area", "powers"]}
    assert [result["value"] for result in tasks["r01"]["annotations"][0]["result"]] == [
        {"choices": ["edited"]}, {"choices": ["slopes", "Geometry/circles"]}, {"text": ["look\nagain"]},
    ]  # fmt: skip


def test_annotations_become_decisions(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    export_labels(run, tmp_path / "l.json", "label-studio")

    def change(tasks: dict[str, Any]) -> None:
        tasks["r00"]["annotations"] = [annotation("accepted", "powers", "area")]
        tasks["r01"]["annotations"] = [annotation("accepted", "addition")]  # other skills: an edit
        tasks["r02"]["annotations"] = [annotation(None, "area"), annotation("discarded", was_cancelled=True)]
        tasks["r03"]["annotations"] = [annotation("discarded", "area", by=2), annotation("accepted", by=1)]

    path = edited(tmp_path / "l.json", change)
    before = said(run)
    with pytest.raises(
        InputError, match="found 2 of 'r03' that differ, expected one annotation, or --annotator"
    ):
        import_labels(run, path, "ada", fmt="label-studio")
    assert said(run) == before
    assert import_labels(run, path, "ada", fmt="label-studio", annotator="1")["n_decided"] == 4
    assert [(row["status"], row["skills"]) for row in said(run)] == [
        ("accepted", ["area", "powers"]), ("edited", ["addition"]), ("edited", ["area"]),
        ("accepted", ["area", "powers"]),
    ]  # fmt: skip


def test_json_min_is_read(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    path = tmp_path / "min.json"
    rows = [
        {"id": 1, "response_id": "r00", "decision": "discarded", "annotator": 1, "annotation_id": 9},
        {
            "id": 2,
            "response_id": "r01",
            "decision": "edited",
            "skills": "slopes",
            "note": "n",
            "annotator": 1,
        },
        {"id": 3, "response_id": "r02", "skills": {"choices": ["addition", "area"]}, "annotator": 1},
        {"id": 3, "response_id": "r02", "decision": "discarded", "annotator": 2},
    ]
    path.write_text(json.dumps(rows))
    assert import_labels(run, path, "ada", fmt="label-studio", annotator="1")["n_decided"] == 3
    assert [(row["status"], row["skills"], row["note"]) for row in said(run)] == [
        ("discarded", [], None), ("edited", ["slopes"], "n"), ("edited", ["addition", "area"], None),
        ("pending", ["area", "powers"], None),
    ]  # fmt: skip


def test_responses_of_argilla_become_decisions(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    export_labels(run, tmp_path / "l", "argilla")

    def change(records: dict[str, Any]) -> None:
        def by(user: str, **values: Any) -> dict[str, Any]:
            return {name: [{"value": value, "user_id": user}] for name, value in values.items()}

        records["r00"]["responses"] = by("u1", decision="accepted", skills=["Algebra/area", "Algebra/powers"])
        records["r01"]["responses"] = by("u1", decision="edited", skills=["Geometry/circles"], note="n")
        records["r02"]["responses"] = by("u1", decision="accepted", skills=["Algebra/slopes"])
        records["r03"]["responses"] = by("u2", decision="discarded")

    path = edited(tmp_path / "l" / "records.json", change)
    assert import_labels(run, path, "ada", fmt="argilla", annotator="u1")["n_decided"] == 3
    assert [(row["status"], row["skills"], row["note"]) for row in said(run)] == [
        ("accepted", ["area", "powers"], None), ("edited", ["Geometry/circles"], "n"),
        ("edited", ["slopes"], None), ("pending", ["area", "powers"], None),
    ]  # fmt: skip


def test_rows_of_argillas_datasets_are_read(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    path = rows_file(
        tmp_path,
        {"id": "r00", "status": "completed", "decision.responses": ["edited"], "decision.responses.users": ["u1"],
         "skills.responses": [["Algebra/slopes"]], "skills.responses.users": ["u1"], "decision": "pending"},
        {"id": "r01", "status": "pending", "decision.responses": None, "decision": "discarded"},
        {"id": "r02", "status": "pending", "decision": "pending"},
    )  # fmt: skip
    assert import_labels(run, path, "ada", fmt="argilla")["n_decided"] == 2
    assert [(row["status"], row["skills"]) for row in said(run)][:3] == [
        ("edited", ["slopes"]), ("discarded", []), ("pending", ["area", "powers"]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fmt", "row", "message"),
    [
        ("label-studio", {"data": {"text": "x"}}, "field data: found .*, expected a label that label export wrote"),
        ("label-studio", {"id": 1, "text": "x"}, "field response_id: found no such field, expected a label that"),
        ("label-studio", {"data": {"response_id": "no"}}, "field response_id: found 'no', expected a response that"),
        ("argilla", {"fields": {}}, "field id: found no such field, expected a label that label export wrote"),
        ("argilla", {"id": "r00", "responses": {"skills": [{"value": ["no"], "user_id": "u"}]}}, "found 'no', expected a skill"),
    ],
)  # fmt: skip
def test_rows_that_are_no_labels_are_refused(
    fmt: LabelFormat, row: dict[str, Any], message: str, tmp_path: Path
) -> None:
    run = a_run(tmp_path)
    with pytest.raises(InputError, match=message):
        import_labels(run, rows_file(tmp_path, row), "ada", fmt=fmt)
    assert run.label_log.events() == []


@pytest.mark.parametrize(
    ("fmt", "out", "message"),
    [("label-studio", "l.jsonl", "ends in .json$"), ("argilla", "l.json", "to a folder"), ("jsonl", "l.json", "in .jsonl$")],
)  # fmt: skip
def test_files_of_another_kind_are_not_written(
    fmt: LabelFormat, out: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(StatError, match=message):
        export_labels(a_run(tmp_path), tmp_path / out, fmt)


def test_label_studio_itself_takes_the_tasks(run: RunFolder, tmp_path: Path) -> None:
    sdk = pytest.importorskip("label_studio_sdk.label_interface", reason="it checks the exported tasks")
    export_labels(run, tmp_path / "l.json", "label-studio")
    interface = sdk.LabelInterface((tmp_path / "l.xml").read_text())
    interface.validate()
    for task in json.loads((tmp_path / "l.json").read_text()):
        assert interface.validate_task({"data": task["data"]})
        assert all(interface.validate_prediction(one) for one in task["predictions"])
        assert all(interface.validate_annotation(one) for one in task["annotations"])


def test_argilla_itself_reads_and_writes_the_records(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rg = pytest.importorskip("argilla", reason="it reads the exported records")
    from argilla.client import Argilla
    from argilla.records._io import JsonIO

    monkeypatch.setattr(Argilla, "_get_default", classmethod(lambda cls: MagicMock()))
    export_labels(run, tmp_path / "l", "argilla")
    settings = rg.Settings.from_json(tmp_path / "l" / ".argilla" / "settings.json")
    assert [question.name for question in settings.questions] == ["decision", "skills", "note"]
    assert [field.name for field in settings.fields] == ["problem", "response", "reason"]
    settings.validate()
    records = JsonIO._records_from_json(tmp_path / "l" / "records.json")
    user = "00000000-0000-0000-0000-000000000001"
    records[3].responses.add(rg.Response("decision", "edited", user_id=user))
    records[3].responses.add(rg.Response("skills", ["Algebra/slopes"], user_id=user))
    path = JsonIO.to_json(records, tmp_path / "back.json")
    assert import_labels(run, path, "ada", fmt="argilla")["n_decided"] == 1
    assert [(row["status"], row["skills"]) for row in said(run)][3] == ("edited", ["slopes"])
