"""No verb replaces a file that it did not write itself, unless it is told to."""

from pathlib import Path

import pytest

from stat_engine import Workspace
from tests.cli.conftest import Verb, assert_refused
from tests.cli.test_output_places import hashes

FILES = {
    "export small stat-syn --format trl --out": ["x.jsonl"],
    "export small stat-syn --format openai --out": ["x.jsonl"],
    "export small stat-syn --format alpaca --out": ["x.json"],
    "export small stat-syn --format parquet --out": ["x.parquet"],
    "export-steps small --out": ["x.jsonl"],
    "allocation small --out": ["x.json"],
    "profile small --csv": ["x.csv"],
    "report small --out": ["x.html", "x.md"],
    "label export small --out": ["x.jsonl"],
    "label export small --format label-studio --out": ["x.json", "x.xml"],
    "label export small --format argilla --out": ["records.json"],
    "skills export numeracy --out": ["x.json"],
}
"""Verb with its options -> files that it writes; the first of them is the one that it is given, or its folder."""


@pytest.fixture(params=FILES)
def words(request: pytest.FixtureRequest) -> list[str]:
    return str(request.param).split()


def place(folder: Path, name: str) -> Path:
    return folder if name == "records.json" else folder / name


def test_a_foreign_file_is_kept_and_an_own_one_replaced(
    stat: Verb, copy: Workspace, tmp_path: Path, words: list[str]
) -> None:
    names, folder = FILES[" ".join(words)], tmp_path / "out"
    folder.mkdir()
    if "export-steps" in words:
        labels = copy.run("small").labels.queue()
        stat("label", "accept", "small", "--author", "ada", *labels.response_id[:20], workspace=copy.root)
    for name in [names[-1]] if "label-studio" in words else names:
        (folder / name).write_text("mine")
        to = place(folder, names[0] if "label-studio" in words else name)
        before = hashes(tmp_path)
        refused = stat(*words, to, workspace=copy.root)
        assert_refused(refused, "choose another place, or add --overwrite")
        assert str(folder / name) in refused.err and hashes(tmp_path) == before
        assert stat(*words, to, "--overwrite", workspace=copy.root).status == 0
        assert (folder / name).read_bytes() != b"mine"
        assert stat(*words, to, workspace=copy.root).status == 0  # its own
        with (folder / name).open("a") as file:
            file.write("\nedited")
        assert_refused(stat(*words, to, workspace=copy.root), "or that was changed since")


def test_a_file_of_another_verb_is_foreign(stat: Verb, copy: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    assert stat("label", "export", "small", "--out", path, workspace=copy.root).status == 0
    said = stat("export", "small", "stat-syn", "--out", path, workspace=copy.root)
    assert_refused(said, "found a file that stat-studio export did not write")
    assert stat("label", "export", "small", "--out", path, workspace=copy.root).status == 0


def test_the_list_of_another_tool_is_added_to(stat: Verb, copy: Workspace, tmp_path: Path) -> None:
    (tmp_path / "dataset_info.json").write_text('{"theirs": {}}')
    words = ["export", "small", "stat-syn", "--format", "sharegpt", "--out"]
    assert stat(*words, tmp_path / "x.json", workspace=copy.root).status == 0
    assert '"theirs"' in (tmp_path / "dataset_info.json").read_text()


def test_a_workspace_is_not_made_for_a_note(stat: Verb, tmp_path: Path) -> None:
    assert stat("numeracy", "dataset", "--out", tmp_path / "n", workspace=tmp_path / "w").status == 0
    assert not (tmp_path / "w").exists()
    again = stat("numeracy", "dataset", "--out", tmp_path / "n", workspace=tmp_path / "w")
    assert_refused(again, "questions.jsonl.gz: found a file that stat-studio numeracy dataset did not write")


def test_what_is_replaced_by_a_rule_of_its_own_has_no_such_option(stat: Verb) -> None:
    assert "--overwrite" not in stat("export-model", "--help").out
    assert "--overwrite" in stat("export", "--help").out
    assert "--overwrite" not in stat("import", "questions", "--help").out
