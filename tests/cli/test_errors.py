"""An error is one line on stderr and exit status 2: no box, no traceback, nothing on stdout."""

from pathlib import Path

import pytest

from stat_engine import Workspace
from tests.cli.conftest import Verb


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["status", "none"], "no run none in"),
        (["status", "../x"], "run name '../x': expected"),
        (["status"], "Missing argument"),
        (["knit"], "No such command"),
        (["status", "a", "--loud"], "No such option"),
        (["difficult", "a", "--tau1", "high"], "Invalid value"),
        (["split", "numeracy"], "Missing option"),
        (["new", "a", "--dataset", "none"], "no dataset none in"),
        (["new", "a", "--config", "no.yaml"], "no.yaml: not a readable YAML file"),
        (["import", "questions", "no.jsonl", "--dataset", "d"], "no.jsonl"),
    ],
)
def test_an_error_is_one_line_and_status_2(
    stat: Verb, tmp_path: Path, arguments: list[str], message: str
) -> None:
    said = stat(*arguments, workspace=tmp_path / "w")
    assert (said.status, said.out, said.err.count("\n")) == (2, "", 1), said.err
    assert said.err.startswith("stat-studio: ") and message in said.err
    assert not (tmp_path / "w").exists()


def test_a_bad_setting_is_refused_before_anything_changes(stat: Verb, finished: Workspace) -> None:
    before = finished.run("small").config
    said = stat("run", "small", "difficulty.tau9=1", workspace=finished.root)
    assert said.err == (
        "stat-studio: run small: unknown setting difficulty.tau9; did you mean difficulty.tau2?\n"
    )
    assert finished.run("small").config == before
    wrong = stat("difficult", "small", "--tau1", "1.5", workspace=finished.root)
    assert wrong.err == (
        "stat-studio: difficult: setting difficulty.tau1: found 1.5, input should be less than or equal to 1\n"
    )


def test_debug_shows_the_traceback(shell: Verb, tmp_path: Path) -> None:
    said = shell("--debug", "status", "none", "--workspace", tmp_path)
    assert said.status != 0 and "Traceback" in said.err and "NotThereYet" in said.err
    assert "Traceback" not in shell("status", "none", "--workspace", tmp_path).err


def test_a_workspace_that_is_a_file_is_refused(stat: Verb, tmp_path: Path) -> None:
    (tmp_path / "w").write_text("")
    said = stat("status", "a", workspace=tmp_path / "w")
    assert said.err == f"stat-studio: workspace {tmp_path / 'w'}: found a file, expected a folder\n"
