"""A damaged study, or a study with a damaged run, leaves the others as they are."""

import shutil
from pathlib import Path

import pytest

from stat_engine import Workspace, views
from stat_engine.errors import StatError
from stat_engine.store.cards import StudyFolder
from stat_engine.store.files import write_json


def card(run: str) -> dict[str, object]:
    variant = {"name": "a", "value": "a", "run": run, "has_base": True, "settings": [], "reinforced": []}
    return {
        "study": "arms", "question": "Which?", "varied": "arm", "run": "small", "seeds": [0], "pairs": None,
        "settings": [], "contrasts": [], "reference": None, "variants": [variant],
    }  # fmt: skip


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"study": "arms", "variants": [1]}'])
def test_a_damaged_study_is_listed_as_damaged(tmp_path: Path, content: str) -> None:
    place = Workspace(tmp_path)
    write_json(place.root / "studies" / "good" / "study.json", card("gone"))
    write_json(place.root / "studies" / "bad" / "study.json", {})
    (place.root / "studies" / "bad" / "study.json").write_text(content)
    found = views.studies.studies(place).set_index("name")
    assert list(found.index) == ["bad", "good"]
    assert "studies/bad/study.json" in found.damage["bad"] and found.study["good"] == "arms"
    with pytest.raises(StatError, match=r"studies/bad/study.json.*(damaged|copy)"):
        StudyFolder(place, "bad").need()


def test_a_study_with_a_damaged_run_shows_its_other_runs(finished: Workspace, tmp_path: Path) -> None:
    place = Workspace(shutil.copytree(finished.root, tmp_path / "w"))
    place.run("small").fork("broken")
    write_json(place.root / "studies" / "s" / "study.json", card("broken"))
    assert views.studies.runs_of(place, "s").is_done.tolist() == [True]
    (place.root / "runs" / "broken" / "run.json").write_text("{")
    assert views.studies.studies(place).n_done.tolist() == [0]
    assert views.studies.runs_of(place, "s").is_done.tolist() == [False]
