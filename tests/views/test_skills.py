"""The vocabulary browsed: counts equal those of the dataset's own records."""

from collections import Counter
from pathlib import Path

import pytest

from stat_engine import Workspace, views
from stat_engine.errors import StatError
from stat_engine.formats import into_dataset
from stat_engine.store.dataset import Dataset
from tests.conftest import copied
from tests.evaluating import run_with_arms
from tests.formats.files import write_jsonl


@pytest.fixture
def dataset(mapped_and_split: Workspace) -> Dataset:
    return mapped_and_split.dataset("numeracy")


def parts(dataset: Dataset) -> dict[str, str]:
    return {q.id: name for name in ("train", "validation", "test") for q in dataset.split(name)}


def test_every_skill_has_its_counts_by_split(dataset: Dataset) -> None:
    of = parts(dataset)
    counts = Counter(
        (entry.subject, skill, of[id]) for id, entry in dataset.skill_map.items() for skill in entry.skills
    )
    expected = [
        (subject, skill, *(counts[subject, skill, part] for part in ("train", "validation", "test")))
        for subject, skill in dataset.need_skill_map()
    ]
    table = views.datasets.skills(dataset)
    assert [tuple(row[:5]) for row in table.values.tolist()] == expected
    assert (table.n == table.train + table.validation + table.test).all()


def test_a_skill_that_no_question_carries_is_listed_with_none(
    mapped_and_split: Workspace, tmp_path: Path
) -> None:
    dataset = copied(mapped_and_split, tmp_path).dataset("numeracy")
    lists = dataset.need_skill_map().as_lists()
    (tmp_path / "v.json").write_text("{}")
    dataset.save_vocabulary(type(dataset.need_skill_map())(lists | {"Logic": ["proof"]}))
    table = views.datasets.skills(dataset)
    assert table[table.subject == "Logic"].values.tolist() == [["Logic", "proof", 0, 0, 0, 0]]


def test_questions_are_found_by_subject_skill_split_and_words_a_page_at_a_time(dataset: Dataset) -> None:
    of, words = parts(dataset), "slope"
    expected = [
        id
        for id, entry in dataset.skill_map.items()
        if entry.subject == "Algebra" and "slopes" in entry.skills and of[id] == "test"
        and words in dataset.questions[id].problem.lower()
    ]  # fmt: skip
    rows, n = views.datasets.questions(dataset, "Algebra", "slopes", "test", "Slope", 0, 2)
    assert (list(rows.question_id), n) == (expected[:2], len(expected))
    more, _ = views.datasets.questions(dataset, "Algebra", "slopes", "test", "Slope", 1, 2)
    assert list(more.question_id) == expected[2:4]
    assert set(rows.part) == {"test"} and rows.skills.map(lambda skills: "slopes" in skills).all()
    everything, n = views.datasets.questions(dataset)
    assert (len(everything), n) == (50, 360)


def test_a_quotation_mark_is_no_query(dataset: Dataset) -> None:
    assert views.datasets.questions(dataset, "x' or 1=1 --", None, None, "'; drop table q; %", 0)[1] == 0


def test_one_question_comes_with_its_entry_and_split(dataset: Dataset) -> None:
    found = views.datasets.question(dataset, "q000")
    assert found["question"] == dataset.questions["q000"]
    assert found["entry"] == dataset.skill_map["q000"]
    assert found["part"] == parts(dataset)["q000"]
    with pytest.raises(StatError, match="dataset numeracy has no question 'q9'"):
        views.datasets.question(dataset, "q9")


def test_skills_are_searched_in_any_spelling(dataset: Dataset) -> None:
    table = views.datasets.skills(dataset)
    assert list(views.datasets.matching(table, "Algebra", "Linear_Eq").skill) == ["linear equations"]
    assert len(views.datasets.matching(table, None, "")) == 46
    assert views.datasets.matching(table, "Geometry", "slopes").empty


def test_subjects_count_questions_without_split_and_without_skills(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w")
    rows = [
        {"id": "a", "problem": "?", "subject": "s", "split": "train"},
        {"id": "b", "problem": "?", "subject": "s"},
        {"id": "c", "problem": "?", "split": "test"},
    ]
    into_dataset.import_questions(workspace, "toy", write_jsonl(tmp_path / "q.jsonl", rows))
    toy = workspace.dataset("toy")
    assert views.datasets.subjects(toy).values.tolist() == [
        ["", 0, 0, 1, 0, 1, 0],
        ["s", 1, 0, 0, 1, 2, 0],
    ]
    assert views.datasets.skills(toy).empty
    toy.save_split("test", ["b"], {"from": "test", "seed": 1})  # c is then in none
    assert views.datasets.subjects(toy)[["test", "none"]].values.tolist() == [[0, 1], [1, 0]]


def test_names_of_several_subjects_are_known(tmp_path: Path) -> None:
    assert views.datasets.doubled(run_with_arms(tmp_path).dataset) == ["area"]
