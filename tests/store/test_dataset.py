from pathlib import Path

import pytest

from stat_engine.errors import StatError
from stat_engine.records import SkillMapEntry, SkillMapReview
from stat_engine.skills import Vocabulary
from stat_engine.store.dataset import Dataset
from stat_engine.store.files import write_json
from tests.factories import an_entry
from tests.full_disk import files_up_to


def a_review(id: str, status: str = "doubtful") -> SkillMapReview:
    return SkillMapReview.model_validate(
        {"question_id": id, "subject": "s", "status": status, "skills": [], "detail": "why"}
    )


def test_a_saved_skill_map_keeps_sources_and_says_who_made_it_before(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path)
    first = [an_entry("q2", "a"), an_entry("q1", "b")]
    dataset.save_skill_map(first, {"made_by": "teacher"})
    assert dataset.skill_map == {"q1": first[1], "q2": first[0]}
    digest = dataset.skill_map_digest()
    second = SkillMapEntry(question_id="q1", subject="s", skills=["c"], source="propagated", probability=0.75)
    dataset.save_skill_map([second], {"made_by": "propagation"})
    assert dataset.skill_map == {"q1": second}  # not the one that was read before
    assert dataset.skill_map_digest() != digest
    manifest = dataset.skill_map_table.manifest()
    assert manifest and manifest.settings == {"made_by": "propagation", "earlier": [{"made_by": "teacher"}]}


def test_a_review_list_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path)
    assert dataset.skill_map_reviews() == []
    dataset.save_skill_map_reviews([a_review("q2"), a_review("q1")])
    assert dataset.skill_map_reviews() == [a_review("q1"), a_review("q2")]
    dataset.save_skill_map_reviews([])
    assert dataset.skill_map_reviews() == []


def test_a_saved_vocabulary_is_in_force_and_a_version(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path)
    dataset.save_vocabulary(Vocabulary({"s": ["a"]}), made_by="discovery", note="first")
    dataset.save_vocabulary(Vocabulary({"s": ["a"]}))
    assert dataset.need_skill_map().as_lists() == {"s": ["a"]}
    assert [(one.made_by, one.note) for one in dataset.vocabularies.all()] == [("discovery", "first")]


def test_a_vocabulary_from_before_versions_becomes_the_first_one(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path)
    write_json(tmp_path / "skills.json", {"s": ["old"]})
    dataset.save_vocabulary(Vocabulary({"s": ["new"]}))
    assert [one.skills for one in dataset.vocabularies.all()] == [{"s": ["old"]}, {"s": ["new"]}]


def test_splits_that_cannot_be_written_leave_the_stored_ones(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path / "d")
    dataset.save_splits({"validation": ["a"], "test": ["b"]}, {"from": "test", "seed": 0})
    before = {path.name: path.read_bytes() for path in (tmp_path / "d" / "splits").iterdir()}
    with files_up_to(16), pytest.raises(StatError, match="could not be written"):
        dataset.save_splits({"validation": ["b"], "test": ["a"]}, {"from": "test", "seed": 1})
    assert {path.name: path.read_bytes() for path in (tmp_path / "d" / "splits").iterdir()} == before


def test_splits_that_are_half_put_in_place_leave_none_that_overlap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = Dataset(tmp_path / "d")
    dataset.save_splits({"validation": ["a"], "test": ["b"]}, {"from": "test", "seed": 0})
    replace, replaced = Path.replace, []

    def once(path: Path, target: Path) -> Path:
        if replaced:
            raise KeyboardInterrupt  # as a kill after the first of the two files
        replaced.append(target)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", once)
    with pytest.raises(KeyboardInterrupt):
        dataset.save_splits({"validation": ["b"], "test": ["a"]}, {"from": "test", "seed": 1})
    left = [path for path in (tmp_path / "d" / "splits").iterdir() if path.suffix == ".json"]
    assert left == replaced
