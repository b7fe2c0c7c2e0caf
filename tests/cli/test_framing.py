"""A prompt file as the student's framing: refused where a person gives it, and then part of what a run is."""

from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.errors import StatError
from tests.cli.conftest import Verb, assert_refused


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.md"
    path.write_text('## system\n\nBe brief.\n\n## user\n\n{{problem}}\n\n## stop\n\n"\\n\\n"')
    return path


def test_a_file_with_an_error_is_refused_before_anything_is_made(
    stat: Verb, fresh: Workspace, mine: Path
) -> None:
    mine.write_text("## user\n\nSolve it.")
    setting, sentence = f"student.framing={mine}", f"{mine}: found none there, expected a section '## user'"
    for words in (("new", "n", "--dataset", "numeracy"), ("set", "small"), ("run", "small", "--fork", "n")):
        assert_refused(stat(*words, setting, workspace=fresh.root), sentence)
    assert_refused(
        stat("set", "small", "student.framing=none.md", workspace=fresh.root),
        "none.md: found none, expected a readable prompt file, as student.framing names it",
    )
    assert fresh.run("small").config.student.framing == "plain"
    assert not (fresh.root / "runs" / "n").exists()


def test_an_edited_file_makes_the_responses_stale_and_a_lost_one_leaves_the_run_open(
    stat: Verb, fresh: Workspace, mine: Path
) -> None:
    run = fresh.run("small")
    run.configure([f"student.framing={mine}", "student.max_tokens=8"])
    run.run(last="responses")

    def state() -> str:
        rows = stat("status", "small", "--json", workspace=fresh.root).json["stages"]
        return next(str(row["state"]) for row in rows if row["stage"] == "responses")

    assert state() == "done"
    text = mine.read_text()
    mine.write_text(text.replace("brief", "exact"))
    assert state() == "stale"
    mine.rename(mine.with_name("moved.md"))
    assert state() == "stale"
    with pytest.raises(StatError, match=r"mine\.md: found none, expected a readable prompt file"):
        run.run(last="responses")
    mine.with_name("moved.md").write_text(text)
    run.configure([f"student.framing={mine.with_name('moved.md')}"])  # the same content elsewhere
    assert state() == "done"
