from collections import Counter

import pytest

from stat_engine.errors import StatError
from stat_engine.models.base import TeacherRequest
from stat_engine.numeracy.teacher import NumeracyTeacher
from stat_engine.skill_map.propagation import Doubt, propagate
from stat_engine.skill_map.skill_map import Choice
from stat_engine.store.dataset import Dataset
from tests.skill_map.small import adviser, asking


def test_a_sample_is_asked_about_and_the_rest_is_learnt(dataset: Dataset) -> None:
    before = {id: entry.skills for id, entry in dataset.skill_map.items()}
    result = propagate(dataset, adviser(), Choice("train", 30), Doubt(0.5))
    sources = Counter(entry.source for entry in dataset.skill_map.values())
    assert sources == {"teacher": result["n_sample"], "propagated": result["n_propagated"], None: 120}
    assert result["n_sample"] + result["n_propagated"] == 240
    equal = [
        set(before[id]) == set(entry.skills)
        for id, entry in dataset.skill_map.items()
        if entry.source == "propagated"
    ]
    assert sum(equal) / len(equal) > 0.5
    assert all(
        (entry.probability is not None) == (entry.source == "propagated")
        for entry in dataset.skill_map.values()
    )


def test_every_skill_learnt_has_its_held_out_precision(dataset: Dataset) -> None:
    result = propagate(dataset, adviser(), Choice("train", 30))
    for row in result["skills"]:
        assert row["n_right"] <= min(row["n_predicted"], row["n_labelled"])
        if row["n_predicted"]:
            assert row["ci_low"] <= row["precision"] == row["n_right"] / row["n_predicted"] <= row["ci_high"]
        else:
            assert row["precision"] is None
    assert (
        sum(row["n_right"] for row in result["skills"]) / sum(row["n_predicted"] for row in result["skills"])
        > 0.8
    )
    assert [row["subject"] for row in result["subjects"]] == sorted(
        {row["subject"] for row in result["skills"]}
    )


def test_the_doubtful_are_listed_for_review_with_their_probability(dataset: Dataset) -> None:
    result = propagate(dataset, adviser(), Choice("train", 20), Doubt(0.8, "review"))
    doubtful = {
        id
        for id, entry in dataset.skill_map.items()
        if entry.probability is not None and entry.probability < 0.8
    }
    assert doubtful and {one.question_id for one in dataset.skill_map_reviews()} == doubtful
    assert result["n_doubtful"] == result["n_review"] == len(doubtful)
    (first, *_) = dataset.skill_map_reviews()
    probability = dataset.skill_map[first.question_id].probability
    assert first.detail == f"propagated; its least certain decision has probability {probability:.2f}"


def test_or_the_teacher_is_asked_about_them(dataset: Dataset) -> None:
    asked: list[str] = []

    def ask(requests: list[TeacherRequest]) -> list[tuple[str, str]]:
        asked.extend(request.problem for request in requests)
        return asking(NumeracyTeacher())(requests)

    result = propagate(dataset, adviser(ask), Choice("train", 20), Doubt(0.8, "teacher"))
    assert len(asked) == len(set(asked)) == result["n_sample"] + result["n_doubtful"]
    left = [entry for entry in dataset.skill_map.values() if entry.source == "propagated"]
    assert min(entry.probability or 0 for entry in left) >= 0.8
    assert (result["n_review"], result["n_propagated"]) == (0, len(left))


def test_a_subject_that_cannot_be_learnt_is_said_and_listed(dataset: Dataset) -> None:
    result = propagate(dataset, adviser(), Choice("train", 2))
    assert result["n_propagated"] == 0
    assert len(dataset.skill_map_reviews()) == 240 - 12
    assert "are of subjects of which no skill could be learnt" in result["notes"][-1]


def test_a_sample_size_is_needed(dataset: Dataset) -> None:
    with pytest.raises(StatError, match="expected a sample size"):
        propagate(dataset, adviser(), Choice("train"))
