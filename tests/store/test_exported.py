"""A command replaces only files that it wrote itself and that nobody changed since."""

import json
from pathlib import Path

import pytest

from stat_engine.errors import StatError
from stat_engine.store.exported import LOG, check_replaceable, written_by
from stat_engine.store.files import sha256


def write(workspace: Path, path: Path, text: str, verb: str = "export", may_overwrite: bool = False) -> None:
    with written_by(verb, workspace, may_overwrite):
        check_replaceable(path)
        path.write_text(text)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "w").mkdir()
    return tmp_path / "w"


def test_its_own_file_is_replaced_again_and_again(workspace: Path, tmp_path: Path) -> None:
    path, notes = tmp_path / "out.csv", []
    for text in ("one", "two", "three"):
        write(workspace, path, text)
        notes.append({"verb": "export", "path": str(path), "sha256": sha256(path)})
    assert path.read_text() == "three"
    assert [json.loads(line) for line in (workspace / LOG).read_text().splitlines()] == notes


@pytest.mark.parametrize("change", ["a person's", "changed since", "another command's"])
def test_another_file_stands_unless_it_may_be_overwritten(
    workspace: Path, tmp_path: Path, change: str
) -> None:
    path = tmp_path / "out.csv"
    if change != "a person's":
        write(workspace, path, "made", "report" if change == "another command's" else "export")
    if change != "another command's":
        path.write_text("mine")
    before = path.read_text()
    with pytest.raises(StatError, match=r"out\.csv: found a file that stat-studio export did not write"):
        write(workspace, path, "new")
    assert path.read_text() == before
    write(workspace, path, "new", may_overwrite=True)
    write(workspace, path, "newer")  # it is the command's own from then on
    assert path.read_text() == "newer"


def test_what_fails_is_not_noted_and_outside_a_command_nothing_is_asked(
    workspace: Path, tmp_path: Path
) -> None:
    path = tmp_path / "out.csv"
    with pytest.raises(KeyError), written_by("export", workspace, False):
        check_replaceable(path)
        path.write_text("half")
        raise KeyError
    assert not (workspace / LOG).exists() and not path.exists()
    path.write_text("a person's")
    with pytest.raises(StatError, match="did not write"), written_by("export", workspace, False):
        check_replaceable(path)
    assert path.read_text() == "a person's"
    check_replaceable(path)
    with written_by("export", tmp_path / "none", True):
        check_replaceable(path)
    assert not (tmp_path / "none").exists()
