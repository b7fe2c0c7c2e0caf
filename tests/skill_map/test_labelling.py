import pytest

from stat_engine.errors import StatError
from stat_engine.models.base import TeacherRequest
from stat_engine.skill_map.skill_map import Choice, choose, label_skill_map
from stat_engine.stats import wilson
from stat_engine.store.dataset import Dataset
from tests.skill_map.small import PROBLEMS, adviser, scripted


def test_a_sample_is_drawn_by_subject_and_seed(dataset: Dataset) -> None:
    drawn = choose(dataset, Choice("train", 3, seed=1))
    subjects = [question.subject for question in drawn]
    assert {subject: subjects.count(subject) for subject in subjects} == dict.fromkeys(
        sorted({p.subject for p in PROBLEMS}), 3
    )
    assert drawn == choose(dataset, Choice("train", 3, seed=1)) != choose(dataset, Choice("train", 3, seed=2))
    assert [question.id for question in drawn] == sorted(question.id for question in drawn)
    assert len(choose(dataset, Choice("all"))) == len(PROBLEMS)


def test_a_teachers_labels_take_the_place_of_the_chosen_entries_only(dataset: Dataset) -> None:
    before = dict(dataset.skill_map)
    result = label_skill_map(dataset, adviser(), Choice("test", 2))
    chosen = {question.id for question in choose(dataset, Choice("test", 2))}
    assert {id for id, entry in dataset.skill_map.items() if entry.source == "teacher"} == chosen
    assert {id: entry.skills for id, entry in dataset.skill_map.items()} == {
        id: entry.skills for id, entry in before.items()
    }
    assert (result["n_questions"], result["n_labelled"], result["n_review"]) == (12, 12, 0)
    assert result["against"][-1] == {
        "subject": "all", "n": 12, "equal": 1.0, "ci_low": wilson(12, 12)[0], "ci_high": 1.0, "overlap": 1.0,
    }  # fmt: skip
    assert "not audited" in dataset.audit_findings()[0]


def test_a_check_says_how_far_the_map_agrees_and_saves_nothing(dataset: Dataset) -> None:
    digest = dataset.skill_map_digest()
    result = label_skill_map(dataset, adviser(noise=0.4), Choice("train"), is_check=True)
    rows = {row["subject"]: row for row in result["against"]}
    assert len(rows) == 7 and rows["all"]["n"] == result["n_labelled"] > 230
    assert 0.5 < rows["all"]["equal"] < 0.7 < rows["all"]["overlap"] < 0.95
    assert (dataset.skill_map_digest(), dataset.skill_map_reviews()) == (digest, [])


def test_an_unreadable_answer_keeps_the_entry_there_and_is_listed_until_it_is_read(dataset: Dataset) -> None:
    (question,) = choose(dataset, Choice("all"))[:1]
    before = dataset.skill_map[question.id]

    def answer(request: TeacherRequest) -> str:
        return "?" if request.problem == question.problem else "<skill>addition</skill>"

    label_skill_map(dataset, adviser(scripted(answer)), Choice("all"))
    assert dataset.skill_map[question.id] == before
    (review,) = [one for one in dataset.skill_map_reviews() if one.question_id == question.id]
    assert (review.status, review.skills) == ("parse_failed", before.skills)
    label_skill_map(dataset, adviser(), Choice("all"))
    assert dataset.skill_map_reviews() == []
    assert dataset.skill_map[question.id].source == "teacher"


def test_a_dataset_without_a_vocabulary_is_told_the_ways_to_one(dataset: Dataset) -> None:
    (dataset.folder / "skills.json").unlink()
    with pytest.raises(StatError, match="no skill vocabulary; import one with: stat-studio skills import"):
        label_skill_map(dataset, adviser(), Choice())
