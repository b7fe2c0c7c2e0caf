"""Questions in: only id and problem are required, and every field is checked."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stat_engine.errors import InputError
from stat_engine.formats import into_dataset
from stat_engine.formats.questions import read_questions
from stat_engine.records import Question
from stat_engine.store.workspace import WorkspaceFolder
from tests.formats.conftest import QUESTIONS
from tests.formats.files import assert_refused, listing, write_jsonl

FULL = {
    "id": "q/1",
    "split": "validation",
    "subject": " algebra ",
    "level": 2.0,
    "problem": "1+1?",
    "solution": "It is 2",
    "answer": "2",
    "other_solutions": ["Two"],
    "answers": ["not a solution"],
    "url": None,
}
RECORD = Question(
    id="q/1",
    split="validation",
    subject="algebra",
    level=2,
    problem="1+1?",
    solution="It is 2",
    answer="2",
    other_solutions=["Two"],
)


def test_all_fields_are_read_and_other_keys_ignored(tmp_path: Path) -> None:
    assert read_questions(write_jsonl(tmp_path / "q.jsonl", [FULL])) == [RECORD]


def test_id_and_problem_are_enough(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "q.json", [{"id": "a", "problem": "x", "subject": "", "level": None}])
    assert read_questions(path) == [Question(id="a", problem="x")]


def test_parquet_and_csv_give_the_same_questions(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([FULL]), tmp_path / "q.parquet")
    flat = "id,split,subject,level,problem,solution,answer\nq/1,validation,algebra,2.0,1+1?,It is 2,2\n"
    (tmp_path / "q.csv").write_text(flat)
    assert read_questions(tmp_path / "q.parquet") == [RECORD]
    assert read_questions(tmp_path / "q.csv") == [RECORD.model_copy(update={"other_solutions": []})]


def test_numbers_are_ids_and_answers(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text("id,problem,answer\n7,x,27.0\n")
    assert [(q.id, q.answer) for q in read_questions(tmp_path / "q.csv")] == [("7", "27.0")]
    levels = [
        {"id": at, "problem": f"{at}?", "level": level}
        for at, level in enumerate(("Level 3", "2", "Level ?"))
    ]
    assert [q.level for q in read_questions(write_jsonl(tmp_path / "l.jsonl", levels))] == [3, 2, None]
    rows = [{"id": 0, "problem": "x", "answer": 27.0}, {"id": 1, "problem": "y", "answer": ["24"]}]
    read = read_questions(write_jsonl(tmp_path / "q.jsonl", rows))
    assert [(q.id, q.answer) for q in read] == [("0", "27"), ("1", "24")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": 7.5}, "field id: found 7.5, expected text"),
        ({"id": True}, "field id: found True, expected text"),
        ({"id": "../../etc"}, "field id: found '../../etc', expected an id that does not look like a path"),
        ({"id": ""}, "field id: found '', expected text that is not blank"),
        ({"problem": None}, "field problem: found null, expected text"),
        ({"problem": "\n"}, r"field problem: found '\n', expected text that is not blank"),
        ({"problem": ["x"]}, "field problem: found ['x'], expected text"),
        ({"split": "dev"}, "field split: found 'dev', expected one of train, validation, test, or null"),
        ({"level": "hard"}, "field level: found 'hard', expected a level, as in Level 5"),
        ({"level": True}, "field level: found True, expected a whole number from 0, or null"),
        ({"level": 2.5}, "field level: found 2.5, expected a whole number from 0, or null"),
        ({"answer": True}, "field answer: found True, expected text or null"),
        ({"answer": float("nan")}, "field answer: found nan, expected text or null"),
        (
            {"answer": ["1", "2"]},
            "field answer: found a list of 2, expected one answer; where all are required, write them as one "
            "text: 1, 2",
        ),
        ({"subject": ["algebra"]}, "field subject: found ['algebra'], expected text or null"),
        ({"other_solutions": "x"}, "field other_solutions: found 'x', expected a list of text"),
        ({"other_solutions": [1]}, "field other_solutions[0]: found 1, expected text"),
        ({"id": "q/0"}, "field id: found 'q/0', which stands in line 1 too, expected each only once"),
    ],
)
def test_bad_field_is_named_and_nothing_imported(
    change: dict[str, Any], message: str, tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    path = write_jsonl(tmp_path / "q.jsonl", [{"id": "q/0", "problem": "x"}, {**FULL, **change}])
    assert_refused(workspace, path, f", line 2, {message}")


def test_missing_problem(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "q.jsonl", [{"id": "a"}])
    with pytest.raises(InputError) as caught:
        read_questions(path)
    assert str(caught.value) == f"{path}, line 1, field problem: found no such field, expected text"


def test_duplicates_in_one_line_of_a_json_list_are_found(tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text('[{"id": "a", "problem": "x"}, {"id": "a", "problem": "y"}]')
    with pytest.raises(InputError, match="found 'a', which stands in line 1 too"):
        read_questions(tmp_path / "q.json")


def test_questions_are_kept_sorted_and_counted(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    path = write_jsonl(tmp_path / "q.jsonl", reversed(QUESTIONS))
    counts = into_dataset.import_questions(workspace, "other", path)
    assert counts == {
        "n_questions": 3,
        "n_new": 3,
        "by_split": {"test": 2, "train": 1},
        "n_subjects": 2,
        "n_skipped": 0,
    }
    assert list(workspace.dataset("other").questions) == ["q/1", "q/2", "q/3"]


def test_importing_again_changes_nothing_and_more_is_added(
    tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    before = listing(workspace.root)
    assert into_dataset.import_questions(workspace, "toy", tmp_path / "toy.jsonl")["n_new"] == 0
    assert listing(workspace.root) == before
    more = write_jsonl(tmp_path / "more.jsonl", [QUESTIONS[0], {"id": "a", "problem": "new"}])
    assert into_dataset.import_questions(workspace, "toy", more)["n_new"] == 1
    assert list(workspace.dataset("toy").questions) == ["a", "q/1", "q/2", "q/3"]
    manifest = workspace.dataset("toy").question_table.manifest()
    assert manifest is not None
    assert manifest.settings["source"] == "more.jsonl"
    assert [earlier["source"] for earlier in manifest.settings["earlier"]] == ["toy.jsonl"]


def test_a_question_is_never_changed_under_its_id(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    path = write_jsonl(
        tmp_path / "other.jsonl", [{"id": "n", "problem": "x"}, {"id": "q/1", "problem": "3+3?"}]
    )
    before = listing(workspace.root)
    with pytest.raises(InputError) as caught:
        into_dataset.import_questions(workspace, "toy", path)
    assert str(caught.value) == (
        f"{path}, line 2, field id: found 'q/1' with other content than dataset toy has, "
        "expected the same question, or another --dataset name"
    )
    assert listing(workspace.root) == before
