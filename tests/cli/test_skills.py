"""The verbs on skills, against the small numeracy dataset and the embedded teacher."""

import json
import shutil
from pathlib import Path

import pytest

from stat_engine import Workspace
from tests.cli.conftest import Verb, assert_refused


def test_label_checks_the_map_against_the_embedded_teacher(stat: Verb, workspace: Workspace) -> None:
    arguments = ["skills", "label", "numeracy", "--split", "all", "--per-subject", 3, "--check"]
    said = stat(*arguments, "--json", workspace=workspace.root)
    assert (said.json["n_labelled"], said.json["against"][-1]["equal"]) == (18, 1.0)
    again = stat(*arguments, "teacher.noise=1", workspace=workspace.root)
    assert again.status == 0 and "(nothing saved)" in again.out
    assert workspace.dataset("numeracy").skill_map["q000"].source is None
    calls = workspace.teacher_calls("numeracy").path.read_text().splitlines()
    assert len(calls) >= 36 and json.loads(calls[0])["task"] == "label_skills"


def test_discover_versions_restore_go_round(stat: Verb, workspace: Workspace, tmp_path: Path) -> None:
    found = stat(
        "skills", "discover", "numeracy", "--clusters", "spelling", "--json", workspace=workspace.root
    )
    assert found.json["n_labelled"] == 360 and found.json["n_skills"] > 46
    listed = stat("skills", "versions", "numeracy", "--json", workspace=workspace.root).json["versions"]
    assert [row["n_skills"] for row in listed] == [46, found.json["n_skills"]]
    refused = stat("skills", "restore", "numeracy", 1, workspace=workspace.root)
    assert (refused.status, refused.err.count("\n")) == (2, 1) and "--drop" in refused.err
    restored = stat("skills", "restore", "numeracy", 1, "--drop", "--json", workspace=workspace.root).json
    assert (restored["version"], restored["n_skills"]) == (3, 46)


def test_an_exported_vocabulary_is_edited_and_imported(
    stat: Verb, workspace: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "skills.json"
    assert stat("skills", "export", "numeracy", "--out", file, "--json", workspace=workspace.root).json == {
        "dataset": "numeracy", "file": str(file), "n_skills": 46,
    }  # fmt: skip
    file.write_text(file.read_text().replace('"slopes"', '"gradients"'))
    arguments = ["skills", "import", file, "--dataset", "numeracy", "--note", "British"]
    assert "Algebra: slopes" in stat(*arguments, workspace=workspace.root).err
    said = stat(*arguments, "--rename", "slopes=gradients", workspace=workspace.root)
    assert "added: Algebra: gradients" in said.out and "removed: Algebra: slopes" in said.out
    table = stat("skills", "versions", "numeracy", workspace=workspace.root).out
    assert "import of skills.json" in table and "British" in table
    bad = stat(*arguments, "--rename", "slopes", workspace=workspace.root)
    assert "--rename slopes: expected OLD=NEW" in bad.err


def test_propagate_shows_precision_and_asks_about_the_doubtful(stat: Verb, workspace: Workspace) -> None:
    arguments = ["skills", "propagate", "numeracy", "--per-subject", 25, "--doubtful", "teacher"]
    said = stat(*arguments, "--json", workspace=workspace.root)
    assert said.json["n_sample"] == 150 and said.json["n_review"] == 0
    assert {"precision", "ci_low", "ci_high", "n_predicted"} <= set(said.json["skills"][0])
    assert "held-out exact" in stat(*arguments, workspace=workspace.root).out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["label", "nothing"], "no dataset nothing in"),
        (["label", "numeracy", "--split", "dev"], "--split dev: expected one of train, validation, test, all"),
        (["label", "numeracy", "--per-subject", 0], "'--per-subject': Input should be greater than or equal to 1"),
        (["label", "numeracy", "teacher.backend=question-skills"], "teacher question-skills names mapped skills only"),
        (["discover", "numeracy", "--clusters", "magic"], "--clusters magic: expected one of teacher, spelling"),
        (["discover", "numeracy", "--distance", 3], "'--distance': Input should be less than or equal to 2"),
        (["propagate", "numeracy", "--threshold", 2], "'--threshold': Input should be less than or equal to 1"),
        (["propagate", "numeracy", "--doubtful", "bin"], "--doubtful bin: expected one of teacher, review"),
        (["export", "numeracy", "--out", "x.json", "--version", 9], "no vocabulary version 9 (there: 1)"),
    ],
)  # fmt: skip
def test_a_slip_is_one_sentence(
    stat: Verb, mapped: Workspace, arguments: list[object], sentence: str
) -> None:
    assert_refused(stat("skills", *arguments, workspace=mapped.root), sentence)


def test_a_dataset_of_ones_own_needs_a_teacher_named(stat: Verb, workspace: Workspace) -> None:
    shutil.copytree(workspace.root / "datasets" / "numeracy", workspace.root / "datasets" / "mine")
    said = stat("skills", "label", "mine", workspace=workspace.root)
    assert (said.status, said.err.count("\n")) == (2, 1) and "mine: no teacher to ask" in said.err
    named = stat("skills", "label", "mine", "--per-subject", 1, "teacher=numeracy", workspace=workspace.root)
    assert named.status == 0
