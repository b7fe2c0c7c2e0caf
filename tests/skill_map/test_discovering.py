from pathlib import Path

import pytest

from stat_engine.errors import StatError
from stat_engine.numeracy.skills import SKILLS, skill_meant
from stat_engine.skill_map.discovery import Method, discover
from stat_engine.skill_map.skill_map import Choice
from stat_engine.store.dataset import Dataset
from stat_engine.store.files import read_json
from tests.skill_map.small import adviser


def test_a_good_teacher_finds_the_true_vocabulary_and_the_true_map(dataset: Dataset) -> None:
    before = {id: entry.skills for id, entry in dataset.skill_map.items()}
    result = discover(dataset, adviser(), Choice("train"))
    assert dataset.need_skill_map().as_lists() == {
        subject: sorted(of) for subject, of in sorted(SKILLS.items())
    }
    assert {id: entry.skills for id, entry in dataset.skill_map.items()} == before
    assert {entry.source for entry in dataset.skill_map.values()} == {"teacher"}
    assert (result["n_questions"], result["n_skills"], result["n_labelled"]) == (240, 46, 360)
    assert {skill_meant(name) for name in result["clusters"]["Algebra"]["slopes"]} == {"slopes"}


def test_clusters_by_spelling_make_another_version_that_every_question_is_labelled_from(
    dataset: Dataset,
) -> None:
    result = discover(dataset, adviser(), Choice("train"), Method("spelling"))
    newest = dataset.vocabularies.all()[-1]
    assert (newest.version, newest.made_by) == (2, "discovered with tester, clusters by spelling")
    assert result["n_skills"] == len(dataset.need_skill_map()) > 46
    used = {(entry.subject, skill) for entry in dataset.skill_map.values() for skill in entry.skills}
    assert used <= set(dataset.need_skill_map())
    assert sum(row["n_skills"] for row in result["subjects"]) == result["n_skills"]


def test_with_a_file_nothing_of_the_dataset_changes(dataset: Dataset, tmp_path: Path) -> None:
    digest = dataset.skill_map_digest()
    result = discover(dataset, adviser(), Choice("train"), Method("spelling"), tmp_path / "found.json")
    assert sum(map(len, read_json(tmp_path / "found.json").values())) == result["n_skills"]
    assert (dataset.skill_map_digest(), dataset.vocabularies.all()[-1].version) == (digest, 1)


def test_entries_that_are_not_relabelled_are_not_left_without_their_skills(dataset: Dataset) -> None:
    digest = dataset.skill_map_digest()
    with pytest.raises(StatError, match="uses .* skills that the new vocabulary does not have"):
        discover(dataset, adviser(), Choice("train"), Method("spelling", relabel="train"))
    assert dataset.skill_map_digest() == digest
    result = discover(dataset, adviser(), Choice("train"), Method("spelling", relabel="train", is_drop=True))
    lost = {one.question_id for one in dataset.skill_map_reviews()}
    assert lost and result["n_review"] == len(lost)
    assert dataset.questions.keys() - dataset.skill_map.keys() == lost
    used = {(entry.subject, skill) for entry in dataset.skill_map.values() for skill in entry.skills}
    assert used <= set(dataset.need_skill_map())
