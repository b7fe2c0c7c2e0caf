"""The verbs that edit the vocabulary, and the dry runs of imports and splits."""

import json
from pathlib import Path

import pytest

from stat_engine import Workspace
from tests.cli.conftest import Verb
from tests.formats.files import listing


@pytest.mark.parametrize(
    "words",
    [
        ["rename", "numeracy", "slopes", "--to", "gradients"],
        ["merge", "numeracy", "slopes", "linear equations", "--into", "lines"],
        ["split", "numeracy", "slopes", "--to", "steep", "--matching", "slope"],
        ["move", "numeracy", "slopes", "--to-subject", "Geometry"],
    ],
)
def test_each_edit_tells_first_and_then_does_the_same(
    stat: Verb, workspace: Workspace, words: list[str]
) -> None:
    files = listing(workspace.root)
    told = stat("skills", *words, "--dry-run", "--json", workspace=workspace.root).json
    assert listing(workspace.root) == files
    done = stat("skills", *words, "--note", "why", "--json", workspace=workspace.root).json
    assert done == {**told, "is_dry": False}
    listed = stat("skills", "versions", "numeracy", "--json", workspace=workspace.root).json["versions"]
    assert [(row["version"], row["note"]) for row in listed] == [(1, ""), (2, "why")]
    arguments = ["skills", "restore", "numeracy", 1, "--with-map", "--json"]
    told = stat(*arguments, "--dry-run", workspace=workspace.root).json
    assert stat(*arguments, workspace=workspace.root).json == told
    assert (told["version"], told["n_changed"]) == (3, done["n_changed"])


def test_people_read_what_changes(stat: Verb, workspace: Workspace) -> None:
    said = stat("skills", "rename", "numeracy", "slopes", "--to", "gradients", workspace=workspace.root).out
    n = sum("gradients" in entry.skills for entry in workspace.dataset("numeracy").skill_map.values())
    head = f"rename of Algebra: slopes to Algebra: gradients: {n} entries of the Skill-Map change"
    assert said.splitlines() == [head, "version 2, 46 skills"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["rename", "numeracy", "addition", "--to", "x"], "stands in Algebra, Arithmetic"),
        (["split", "numeracy", "slopes", "--to", "x"], "which questions change?"),
        (["rename", "numeracy", "sloops", "--to", "x"], "did you mean"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(
    stat: Verb, workspace: Workspace, words: list[str], sentence: str
) -> None:
    said = stat("skills", *words, workspace=workspace.root)
    assert said.status == 2 and said.err.count("\n") == 1 and sentence in said.err


def test_an_import_shows_columns_and_first_errors_before_it_writes(
    stat: Verb, workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "new.jsonl"
    path.write_text(json.dumps({"uid": "n1", "question": "1+1?"}) + "\n" + json.dumps({"uid": "n2"}) + "\n")
    files = listing(workspace.root)
    arguments = ["import", "questions", path, "--dataset", "new", "--column", "id=uid", "--split", "test"]
    arguments += ["--column", "problem=question"]
    said = stat(*arguments, "--dry-run", workspace=workspace.root)
    assert said.out.splitlines()[0] == "2 rows, 1 that do not fit; nothing was written"
    assert f"{path}, line 2, field problem: found no such field, expected text" in said.out
    assert listing(workspace.root) == files
    path.write_text(path.read_text().replace('"n2"', '"n2", "question": "2+2?"'))
    told = stat(*arguments, "--dry-run", "--json", workspace=workspace.root).json
    assert told["would"] == stat(*arguments, "--json", workspace=workspace.root).json
    assert [q.split for q in workspace.dataset("new").questions.values()] == ["test", "test"]


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (["--column", "problem"], "expected OURS=THEIRS"),
        (["--column", "colour=red"], "expected one of id, problem"),
        (["--split", "dev"], "--split dev: expected one of train, validation, test"),
    ],
)
def test_a_wrong_option_of_an_import_is_one_sentence(
    stat: Verb, workspace: Workspace, tmp_path: Path, option: list[str], sentence: str
) -> None:
    said = stat(
        "import", "questions", tmp_path / "x.jsonl", "--dataset", "n", *option, workspace=workspace.root
    )
    assert said.status == 2 and sentence in said.err


def test_a_split_says_first_which_runs_it_touches(stat: Verb, workspace: Workspace) -> None:
    stat("new", "r", "--dataset", "numeracy", workspace=workspace.root)
    arguments = ["split", "numeracy", "--validation", 40, "--json"]
    told = stat(*arguments, "--dry-run", workspace=workspace.root).json
    assert (told["validation"], told["test"], told["runs"]) == (40, 80, ["r"])
    assert stat(*arguments, workspace=workspace.root).json == told
    assert stat(*arguments, "--dry-run", workspace=workspace.root).json["runs"] == []


def test_an_audit_keeps_its_figures(stat: Verb, workspace: Workspace) -> None:
    found = stat("audit-skill-map", "numeracy", "--json", workspace=workspace.root).json
    assert workspace.dataset("numeracy").audit() == {
        "findings": found["findings"], "rows": found["rows"], "is_current": True,
    }  # fmt: skip
