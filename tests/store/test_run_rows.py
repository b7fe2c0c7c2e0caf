from pathlib import Path
from typing import Any

import pytest

from stat_engine.store.cards import kept_row, set_note
from stat_engine.store.files import write_json
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder


@pytest.fixture
def place(tmp_path: Path) -> WorkspaceFolder:
    write_json(tmp_path / "runs" / "small" / "run.json", {"note": ""})
    return WorkspaceFolder(tmp_path)


def test_a_row_is_made_again_only_when_the_run_or_its_making_changes(place: WorkspaceFolder) -> None:
    made: list[str] = []

    def make(run: RunFolder) -> dict[str, Any]:
        made.append(run.card["note"])
        return {"note": run.card["note"]}

    run = place.run_folder("small")
    assert [kept_row(place, run, make, "1") for _ in range(2)] == [{"note": ""}] * 2
    set_note(run, "new")
    assert kept_row(place, run, make, "1") == {"note": "new"}
    assert kept_row(place, run, make, "2") == {"note": "new"}
    assert made == ["", "new", "new"]


def test_a_damaged_kept_row_is_made_again(place: WorkspaceFolder) -> None:
    run = place.run_folder("small")
    kept_row(place, run, lambda _: {"a": 1}, "1")
    (place.root / ".rows" / "small.json").write_text("{")
    assert kept_row(place, run, lambda _: {"a": 2}, "1") == {"a": 2}
