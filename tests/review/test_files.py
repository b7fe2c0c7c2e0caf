import json
from pathlib import Path
from typing import Any

import pytest

from stat_engine.errors import StatError
from stat_engine.review import Decision, decide, export_labels, import_labels
from stat_engine.store.event_log import decisions
from stat_engine.store.run_folder import RunFolder
from tests.reviewing import TEACHER, labels_of, run_to_review


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return run_to_review(tmp_path, labels_of(4))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_labels_go_out_with_both_sides(run: RunFolder, tmp_path: Path) -> None:
    event = decide(run, Decision("r01", "edit", skills=["powers", "Geometry/area"], note="see step 0"), "ada")
    result = export_labels(run, tmp_path / "out.jsonl")
    assert (result["n_labels"], result["n_decided"]) == (4, 1)
    assert lines(tmp_path / "out.jsonl")[1] == {
        "response_id": "r01", "question_id": "q01", "sample": 0, "subject": "Algebra", "status": "edited",
        "skills": ["powers", "Geometry/area"], "note": "see step 0", "author": "ada", "at": event.at,
        "teacher": TEACHER, "teacher_judge": "incorrect", "teacher_skills": ["area"], "teacher_status": "ok",
        "reason": "It adds wrongly.",
    }  # fmt: skip
    with pytest.raises(StatError, match=r"ends in \.jsonl"):
        export_labels(run, tmp_path / "out.csv")


def test_what_went_out_comes_into_another_run_as_the_same_decisions(run: RunFolder, tmp_path: Path) -> None:
    for decision in (
        Decision("r00", "accept"), Decision("r01", "edit", skills=["powers", "Geometry/area"]),
        Decision("r02", "discard", note="unclear"),
    ):  # fmt: skip
        decide(run, decision, "ada")
    export_labels(run, tmp_path / "out.jsonl")
    (tmp_path / "other").mkdir()
    other = run_to_review(tmp_path / "other", labels_of(4))
    result = import_labels(other, tmp_path / "out.jsonl", "grace")
    assert (result["n_rows"], result["n_decided"], result["n_passed_over"]) == (4, 3, 1)
    assert {event.author for event in other.label_log.events()} == {"grace"}
    assert [label.model_dump() for label in other.labels()] == [label.model_dump() for label in run.labels()]
    assert decisions(other.label_log.events())["r02"].note == "unclear"
    again = import_labels(other, tmp_path / "out.jsonl", "grace")
    assert (again["n_decided"], again["bulk"]) == (0, None)


def test_rows_may_name_question_and_sample_instead(run: RunFolder, tmp_path: Path) -> None:
    file = write(tmp_path / "in.jsonl", {"question_id": "q02", "sample": 0, "status": "discarded"})
    import_labels(run, file, "ada")
    assert {id: event.action for id, event in decisions(run.label_log.events()).items()} == {"r02": "discard"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"response_id": "r99", "status": "accepted"}, "field response_id: found 'r99', expected a response"),
        ({"question_id": "q01", "sample": 3, "status": "accepted"}, "found 'q01, sample 3', expected a response"),
        ({"response_id": "r01"}, "field status: found no such field, expected one of pending"),
        ({"response_id": "r01", "status": "good"}, "field status: found 'good'"),
        ({"response_id": "r01", "status": "edited"}, "field skills: found no such field, expected a list"),
        ({"response_id": "r01", "status": "edited", "skills": ["slops"]},
         "field skills: found 'slops', expected a skill of Algebra; did you mean slopes?"),
        ({"response_id": "r00", "status": "accepted"}, "found 'r00', which stands in line 1 too"),
        ({"response_id": "r03", "status": "accepted"}, "'r03', discarded by grace on"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named_and_nothing_is_written(
    run: RunFolder, tmp_path: Path, row: dict[str, Any], message: str
) -> None:
    decide(run, Decision("r03", "discard"), "grace")
    file = write(tmp_path / "in.jsonl", {"response_id": "r00", "status": "accepted"}, row)
    with pytest.raises(StatError) as met:
        import_labels(run, file, "ada")
    assert str(met.value).startswith(f"{file}, line 2, ") and message in str(met.value)
    assert len(run.label_log.events()) == 1


def test_others_decisions_are_overruled_when_that_is_said(run: RunFolder, tmp_path: Path) -> None:
    decide(run, Decision("r03", "discard"), "grace")
    file = write(tmp_path / "in.jsonl", {"response_id": "r03", "status": "accepted"})
    assert import_labels(run, file, "ada", over_others=True)["n_decided"] == 1
    assert decisions(run.label_log.events())["r03"].author == "ada"
    write(file, {"response_id": "r03", "status": "edited", "skills": []})
    assert import_labels(run, file, "ada")["n_decided"] == 1  # one's own needs no word
