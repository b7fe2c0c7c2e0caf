"""Questions that contradict themselves are named by an import, which goes on."""

import json
from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace
from stat_engine.formats import into_dataset
from stat_engine.formats.rows import Reading
from stat_engine.store.workspace import WorkspaceFolder
from tests.formats.files import write_jsonl

ROWS = [
    {"id": "a", "problem": "1+1?", "answer": "2", "solution": "So $\\boxed{2}$."},
    {"id": "b", "problem": " 1+1?\n", "answer": "3"},
    {"id": "c", "problem": "2+2?", "answer": "4", "solution": "long way\n#### 5"},
    {"id": "d", "problem": "1/2?", "answer": "0.5", "solution": "It is \\boxed{\\frac12}."},
    {"id": "e", "problem": "1/2?", "answer": "1/2", "solution": "4 ways, then 7"},
    {"id": "f", "problem": "3+3?", "answer": "7", "solution": "First \\boxed{7}, or no: \\boxed{6}"},
    {"id": "g", "problem": "3+3?", "answer": None, "solution": "\\boxed{1}"},
    {"id": "h", "problem": "1+1?", "answer": "4"},
    {"id": "i", "problem": "4+4?", "answer": "8", "solution": "8"},
    {"id": "j", "problem": "5+5?", "answer": "11", "solution": "The answer is 10."},
]


def expected(path: Path) -> list[str]:
    return [
        f"problems that occur with different answers: 1; the first: {path}, line 2: '3', in line 1 '2'",
        "solutions that end in another answer than their row's: 3; the first: "
        f"{path}, line 3: '5' in solution, '4' in answer",
    ]


@pytest.mark.parametrize("name", ["new", "toy"])
def test_contradictions_are_counted_and_the_first_of_each_kind_named(
    workspace: WorkspaceFolder, tmp_path: Path, name: str
) -> None:
    path = write_jsonl(tmp_path / "q.jsonl", ROWS)
    before = len(list(workspace.dataset(name).question_table.read()))
    dry: Any = Workspace(workspace.root).imports(is_dry=True).questions(name, path)
    assert dry["would"]["notes"] == expected(path)
    counts = into_dataset.import_questions(workspace, name, path)
    assert (counts["n_questions"], counts["notes"]) == (before + len(ROWS), expected(path))


def test_other_columns_and_forms_of_files(workspace: WorkspaceFolder, tmp_path: Path) -> None:
    rows = [{"uid": row["id"], "question": row["problem"], **row} for row in ROWS]
    for row in rows:
        del row["id"], row["problem"]
    path = tmp_path / "q.json"
    path.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]")
    reading = Reading({"id": "uid", "problem": "question"})
    counts: Any = into_dataset.import_questions(workspace, "new", path, reading)
    first, second = counts["notes"]
    assert first.endswith("line 3: '3', in line 2 '2'") and ", line 4: '5' in solution" in second


def test_nothing_is_said_of_questions_that_agree(workspace: WorkspaceFolder, tmp_path: Path) -> None:
    rows = [row for row in ROWS if row["id"] in "adegi"]
    assert "notes" not in into_dataset.import_questions(
        workspace, "new", write_jsonl(tmp_path / "q.jsonl", rows)
    )


def test_public_data_sets_are_checked_too(workspace: WorkspaceFolder, tmp_path: Path) -> None:
    rows = [
        {"unique_id": f"test/{at}.json", "problem": "1+1?", "solution": "So \\boxed{2}.", "answer": answer,
         "subject": "Algebra", "level": 1}
        for at, answer in enumerate(("2", "3"))
    ]  # fmt: skip
    path = write_jsonl(tmp_path / "m.jsonl", rows)
    counts: Any = Workspace(workspace.root).imports().hub("math-500", "m", file=path)
    assert [note.split(":")[0] for note in counts["notes"]] == [
        "problems that occur with different answers", "solutions that end in another answer than their row's",
    ]  # fmt: skip
