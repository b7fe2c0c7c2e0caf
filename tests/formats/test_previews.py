"""A preview tells what the import then does, names the first rows that do not fit, and writes nothing."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stat_engine import Workspace
from stat_engine.errors import StatError
from stat_engine.formats import into_dataset, into_run
from stat_engine.formats.columns import preview
from stat_engine.formats.rows import Reading
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from tests.formats.files import listing, write_jsonl

Found = dict[str, Any]


def questions(workspace: WorkspaceFolder, path: Path, **columns: str) -> Found:
    return preview(
        "questions",
        path,
        columns,
        lambda reading: into_dataset.import_questions(workspace, "toy", path, reading),
    )


def test_a_preview_of_a_good_file_tells_the_import_and_writes_nothing(
    workspace: WorkspaceFolder, tmp_path: Path
) -> None:
    rows = [{"id": f"n/{at}", "problem": f"{at}?", "split": "test", "mark": [at]} for at in range(7)]
    path = write_jsonl(tmp_path / "more.jsonl", rows)
    before = listing(tmp_path)
    found = questions(workspace, path)
    assert listing(tmp_path) == before
    assert (found["n_rows"], found["n_errors"], found["errors"]) == (7, 0, [])
    assert found["ignored"] == ["mark"]
    assert found["first"] == [{**row, "mark": str(row["mark"])} for row in rows[:5]]
    assert found["would"] == into_dataset.import_questions(workspace, "toy", path)
    assert found["would"] == {**found["would"], "n_questions": 10, "n_new": 7}


def test_the_first_ten_faults_are_worded_and_the_others_counted(
    workspace: WorkspaceFolder, tmp_path: Path
) -> None:
    rows = [{"id": f"n/{at}", "problem": "?" if at % 2 else ""} for at in range(30)]
    path = write_jsonl(tmp_path / "bad.jsonl", rows)
    path.write_text("not json\n" + path.read_text() + json.dumps({"id": "n/1", "problem": "?"}) + "\n")
    before = listing(tmp_path)
    found = questions(workspace, path)
    assert (found["n_rows"], found["n_errors"], found["would"]) == (32, 17, None)
    errors = found["errors"]
    assert isinstance(errors, list) and len(errors) == 10
    assert errors[0].startswith(f"{path}, line 1: found 'not json', which is not JSON")
    assert errors[1] == f"{path}, line 2, field problem: found '', expected text that is not blank"
    assert listing(tmp_path) == before
    with pytest.raises(StatError) as refusal:
        into_dataset.import_questions(workspace, "toy", path)
    assert str(refusal.value) == errors[0]


def test_a_question_that_the_dataset_has_otherwise_is_a_fault(
    workspace: WorkspaceFolder, tmp_path: Path
) -> None:
    path = write_jsonl(tmp_path / "x.jsonl", [{"id": "q/1", "problem": "other"}, {"id": "n", "problem": "?"}])
    (error,) = questions(workspace, path)["errors"]
    assert "'q/1' with other content than dataset toy has" in error


def test_columns_of_other_names_are_proposed_and_read_where_they_are_given(
    workspace: WorkspaceFolder, tmp_path: Path
) -> None:
    path = tmp_path / "theirs.csv"
    path.write_text("uid,Question,answer,target\nn/1,1+1?,long text,2\n")
    found = questions(workspace, path)
    assert found["suggested"] == {"id": "uid", "problem": "Question"}
    assert found["errors"] == [
        f"{path}: found columns 'uid, Question, answer, target', expected a column id, "
        "or another one given for it"
    ]
    columns = {"id": "uid", "problem": "Question", "answer": "target", "solution": "answer", "level": ""}
    found = questions(workspace, path, **columns)
    assert found["columns"] == {
        "id": "uid", "problem": "Question", "split": None, "subject": None, "level": None,
        "solution": "answer", "answer": "target", "other_solutions": None,
    }  # fmt: skip
    assert (found["n_errors"], found["ignored"]) == (0, [])
    into_dataset.import_questions(workspace, "toy", path, Reading(columns))
    made = workspace.dataset("toy").questions["n/1"]
    assert (made.problem, made.answer, made.solution) == ("1+1?", "2", "long text")


def test_a_column_for_no_field_of_ours_is_refused(workspace: WorkspaceFolder, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "x.jsonl", [{"id": "n", "problem": "?"}])
    with pytest.raises(StatError, match="--column 'colour': expected one of id, problem, split"):
        questions(workspace, path, colour="red")


def test_rows_without_a_split_go_where_they_are_sent(workspace: WorkspaceFolder, tmp_path: Path) -> None:
    rows = [{"id": "n/1", "problem": "?"}, {"id": "n/2", "problem": "?", "split": "train"}]
    path = write_jsonl(tmp_path / "x.jsonl", rows)
    into_dataset.import_questions(workspace, "toy", path, split="test")
    made = workspace.dataset("toy").questions
    assert (made["n/1"].split, made["n/2"].split) == ("test", "train")


def test_a_skill_map_is_previewed_with_what_it_replaces(workspace: WorkspaceFolder, tmp_path: Path) -> None:
    first = write_jsonl(tmp_path / "one.jsonl", [{"id": "q/1", "skills": ["adding"]}])
    into_dataset.import_skill_map(workspace, "toy", first, None, skip_unknown=False)
    path = write_jsonl(
        tmp_path / "two.jsonl", [{"id": "q/1", "skills": ["sums"]}, {"id": "q/2", "skills": ["sums"]}]
    )

    def read(reading: Reading) -> dict[str, object]:
        return into_dataset.import_skill_map(workspace, "toy", path, None, False, reading)

    before = listing(tmp_path)
    would = preview("skill-map", path, {}, read)["would"]
    assert listing(tmp_path) == before
    assert (would["n_entries"], would["n_new"], would["n_replaced"]) == (2, 1, 1)
    assert would == into_dataset.import_skill_map(workspace, "toy", path, None, skip_unknown=False)


def test_responses_are_previewed_without_being_graded(
    workspace: WorkspaceFolder, run: RunFolder, tmp_path: Path
) -> None:
    rows = [{"problem_id": "q/2", "response": "It is 4", "sample": at} for at in range(3)]
    path = write_jsonl(tmp_path / "r.jsonl", rows)

    def nobody(items: object) -> list[bool | None]:
        raise AssertionError("a preview asks no judge")

    def read(reading: Reading) -> dict[str, object]:
        return into_run.import_responses(run, path, False, nobody, reading)

    before = listing(tmp_path)
    found = preview("responses", path, {}, read)
    assert listing(tmp_path) == before
    assert (found["would"]["n_new"], found["would"]["n_ungraded"]) == (3, 3)
    done = into_run.import_responses(run, path, False)
    assert (done["n_new"], done["n_ungraded"]) == (3, 0)
    again = preview("responses", path, {}, read)
    assert (again["errors"], again["would"]["n_new"]) == ([], 0)  # the same ones are no clash


def test_step_rewards_are_previewed(workspace: WorkspaceFolder, run: RunFolder, tmp_path: Path) -> None:
    rows = [
        {"problem_id": "q/2", "response_steps": ["2+2=4"], "first_error_step": -1},
        {"problem_id": "q/3", "response_steps": ["3", "4"], "first_error_step": 5},
    ]
    path = write_jsonl(tmp_path / "s.jsonl", rows)

    def read(reading: Reading) -> dict[str, object]:
        return into_run.import_step_rewards(run, path, False, None, reading)

    found = preview("step-rewards", path, {}, read)
    assert [error.removeprefix(f"{path}, ") for error in found["errors"]] == [
        "line 2, field first_error_step: found 5, expected a whole number from -1 to 1"
    ]
    assert list(run.step_rewards.read()) == []


def test_hostile_cells_are_cut_and_stay_text(workspace: WorkspaceFolder, tmp_path: Path) -> None:
    html, long = "<script>alert(1)</script>", "y" * 10**6
    path = write_jsonl(tmp_path / "x.jsonl", [{"id": "../../etc", html: 1, "problem": long}])
    found = questions(workspace, path)
    (first,) = found["first"]
    assert first == {"id": "../../etc", html: "1", "problem": "y" * 199 + "…"}
    assert found["ignored"] == [html]
    assert "found '../../etc', expected an id that does not look like a path" in found["errors"][0]


@pytest.mark.parametrize("name", ["q.jsonl", "q.csv"])
def test_rows_without_ids_are_numbered_where_that_is_asked(
    workspace: WorkspaceFolder, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    if name == "q.csv":
        path.write_text("query,response\n1+1?,two\n2+3?,five\n")
    else:
        write_jsonl(path, [{"query": "1+1?", "response": "two"}, {"query": "2+3?", "response": "five"}])
    place = Workspace(workspace.root)
    with pytest.raises(StatError) as caught:
        place.imports().questions("new", path)
    options = "--column id= --column problem=query (the lines as ids)"
    assert str(caught.value).endswith(f"expected a column id, or another one given for it: {options}")
    columns = {"id": "", "problem": "query", "solution": "response"}
    dry: Any = place.imports(columns, is_dry=True).questions("new", path)
    assert (dry["errors"], dry["options"], dry["would"]["n_new"]) == ([], "", 2)
    place.imports(columns).questions("new", path)
    first = 2 if name == "q.csv" else 1
    made = workspace.dataset("new").questions
    assert {id: (one.problem, one.solution) for id, one in made.items()} == {
        str(first): ("1+1?", "two"), str(first + 1): ("2+3?", "five"),
    }  # fmt: skip
    assert place.imports(columns).questions("new", path)["n_new"] == 0


def test_only_questions_are_numbered(workspace: WorkspaceFolder, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "m.jsonl", [{"skills": ["a"]}])
    with pytest.raises(StatError, match="--column id=: only rows of questions are numbered"):
        Workspace(workspace.root).imports({"id": ""}).skill_map("toy", path)


@pytest.mark.parametrize("name", ["v.jsonl", "v.parquet"])
def test_a_column_may_be_a_field_of_an_object_and_a_problem_a_chat(
    workspace: WorkspaceFolder, tmp_path: Path, name: str
) -> None:
    row = {
        "prompt": [{"role": "system", "content": "Add."}, {"role": "user", "content": "2+3?"}],
        "reward_model": {"style": "rule", "ground_truth": "5"},
        "extra_info": {"index": 7, "split": "train"},
    }
    path = tmp_path / name
    if name == "v.parquet":
        pq.write_table(pa.Table.from_pylist([row]), path)
    else:
        write_jsonl(path, [row])
    columns = {
        "id": "extra_info.index", "problem": "prompt", "answer": "reward_model.ground_truth",
        "split": "extra_info.split",
    }  # fmt: skip
    place = Workspace(workspace.root)
    dry: Any = place.imports(columns, is_dry=True).questions("new", path)
    assert (dry["errors"], dry["options"], dry["columns"]["answer"]) == ([], "", "reward_model.ground_truth")
    place.imports(columns).questions("new", path)
    (made,) = workspace.dataset("new").questions.values()
    assert (made.id, made.problem, made.answer, made.split) == ("7", "2+3?", "5", "train")
