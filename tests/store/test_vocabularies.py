from pathlib import Path

import pytest

from stat_engine.errors import NotThereYet, StatError
from stat_engine.store.dataset import VocabularyVersions


def test_versions_are_numbered_kept_and_listed_in_order(tmp_path: Path) -> None:
    versions = VocabularyVersions(tmp_path / "toy" / "vocabularies")
    assert versions.all() == []
    versions.add({"s": ["a"]}, "import", "")
    versions.add({"s": ["a", "b"]}, "edit", "b was missing")
    assert [one.model_dump() for one in versions.all()] == [
        {"version": 1, "made_by": "import", "note": "", "skills": {"s": ["a"]}, "map_before": None},
        {
            "version": 2, "made_by": "edit", "note": "b was missing", "skills": {"s": ["a", "b"]},
            "map_before": None,
        },
    ]  # fmt: skip
    assert sorted(path.name for path in versions.folder.iterdir()) == ["0001.json", "0002.json"]
    assert versions.need(1).vocabulary.as_lists() == {"s": ["a"]}


def test_what_the_newest_version_holds_is_no_new_one_but_an_older_one_is(tmp_path: Path) -> None:
    versions = VocabularyVersions(tmp_path)
    for skills in (["a"], ["a"], ["b"], ["a"]):
        versions.add({"s": skills}, "edit", "")
    assert [one.skills["s"] for one in versions.all()] == [["a"], ["b"], ["a"]]


def test_a_version_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    versions = VocabularyVersions(tmp_path / "toy" / "vocabularies")
    versions.add({"s": ["a"]}, "import", "")
    with pytest.raises(NotThereYet, match=r"dataset toy has no vocabulary version 7 \(there: 1\)"):
        versions.need(7)


def test_a_damaged_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "0001.json").write_text("[]")
    with pytest.raises(StatError, match="0001.json: found \\[\\], expected a valid dictionary"):
        VocabularyVersions(tmp_path).all()


def test_the_map_of_a_version_is_the_one_that_the_next_change_replaced(tmp_path: Path) -> None:
    versions = VocabularyVersions(tmp_path / "toy" / "vocabularies")
    versions.add({"s": ["a"]}, "import", "")
    versions.add({"s": ["a", "b"]}, "edit", "")
    versions.add({"s": ["a", "b"]}, "split", "", map_before="d1")
    versions.add({"s": ["a"]}, "merge", "", map_before="d2")
    assert [versions.map_of(number) for number in (1, 2, 3, 4)] == ["d1", "d1", "d2", None]
