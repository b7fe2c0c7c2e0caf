import threading
from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.store.cards import change_tags, set_note
from stat_engine.store.files import write_json
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run that is no more than its card."""
    card = {"config": RunConfig().model_dump(), "tags": [], "note": ""}
    write_json(tmp_path / "runs" / "small" / "run.json", card)
    return WorkspaceFolder(tmp_path).run_folder("small")


def test_a_note_is_kept_and_an_empty_one_clears_it(run: RunFolder) -> None:
    config = run.config
    assert set_note(run, " as in table 8 ") == run.card["note"] == "as in table 8"
    assert (set_note(run, ""), run.card["note"], run.config) == ("", "", config)
    with pytest.raises(StatError, match="^note: found 2,001 characters, expected at most 2,000$"):
        set_note(run, "x" * 2001)


def test_tags_are_added_once_and_taken_away(run: RunFolder) -> None:
    assert change_tags(run, ["paper", "strict", "paper"]) == ["paper", "strict"]
    assert change_tags(run, ["new"], ["paper"]) == run.card["tags"] == ["strict", "new"]


@pytest.mark.parametrize("tag", ["", "a,b", "x" * 41])
def test_a_tag_that_is_none_is_refused(run: RunFolder, tag: str) -> None:
    with pytest.raises(StatError, match="expected 1 to 40 characters without a comma"):
        change_tags(run, [tag])
    assert run.card["tags"] == []


def test_a_tag_that_is_not_there_cannot_be_taken_away(run: RunFolder) -> None:
    change_tags(run, ["paper"])
    with pytest.raises(StatError, match=r"^run small has no tag 'x' \(there: paper\)$"):
        change_tags(run, ["new"], ["x"])
    assert run.card["tags"] == ["paper"]


def test_a_tag_and_a_note_at_once_both_count(run: RunFolder) -> None:
    acts = [lambda at=at: change_tags(run, [f"t{at}"]) for at in range(8)] + [lambda: set_note(run, "n")]
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(run.card["tags"]), run.card["note"]) == ([f"t{at}" for at in range(8)], "n")


def test_a_note_does_not_move_a_run_in_the_list(fresh: Workspace) -> None:
    fresh.new("later", fresh.run_folder("small").config)
    set_note(fresh.run_folder("small"), "changed last")
    assert fresh.run_names() == ["later", "small"]
