import pytest

from stat_engine.errors import StatError
from stat_engine.skill_map.versions import change_vocabulary, restore_vocabulary, versions
from stat_engine.skills import Vocabulary
from stat_engine.store.dataset import Dataset


def edited(dataset: Dataset, renames: dict[str, str]) -> Vocabulary:
    lists = dataset.need_skill_map().as_lists()
    return Vocabulary({subject: [renames.get(name, name) for name in of] for subject, of in lists.items()})


def carrying(dataset: Dataset, skill: str) -> list[str]:
    return [id for id, entry in dataset.skill_map.items() if skill in entry.skills]


def test_a_skill_in_use_cannot_vanish_and_the_refusal_counts_its_questions(dataset: Dataset) -> None:
    before, n = dataset.skill_map_digest(), len(carrying(dataset, "slopes"))
    with pytest.raises(StatError) as error:
        change_vocabulary(dataset, edited(dataset, {"slopes": "gradients"}))
    assert f"uses 1 skills that the new vocabulary does not have: Algebra: slopes ({n} questions);" in str(
        error.value
    )
    assert "--rename OLD=NEW" in str(error.value) and "--drop" in str(error.value)
    assert dataset.skill_map_digest() == before


def test_a_rename_carries_the_map_over(dataset: Dataset) -> None:
    ids = carrying(dataset, "slopes")
    result = change_vocabulary(
        dataset,
        edited(dataset, {"slopes": "gradients"}),
        {"Slopes": "gradients"},
        made_by="edit",
        note="British",
    )
    assert result == {
        "dataset": "numeracy", "version": 2, "n_skills": 46, "added": ["Algebra: gradients"],
        "removed": ["Algebra: slopes"], "n_changed": len(ids), "n_dropped": 0,
    }  # fmt: skip
    assert (carrying(dataset, "gradients"), carrying(dataset, "slopes")) == (ids, [])
    assert dataset.need_skill_map().find("Algebra", "gradients") == "gradients"


def test_dropping_lists_the_questions_that_lose_all_skills(dataset: Dataset) -> None:
    lists = dataset.need_skill_map().as_lists()
    alone = {id for id, entry in dataset.skill_map.items() if entry.skills == ["powers"]}
    more = set(carrying(dataset, "powers")) - alone
    assert more or alone
    lists["Number theory"].remove("powers")
    result = change_vocabulary(dataset, Vocabulary(lists), is_drop=True)
    assert (result["n_dropped"], result["n_changed"]) == (len(alone), len(more))
    assert alone.isdisjoint(dataset.skill_map)
    assert {one.question_id: one.detail for one in dataset.skill_map_reviews()} == dict.fromkeys(
        alone, "no longer in the vocabulary: powers"
    )


def test_a_larger_vocabulary_changes_no_entry(dataset: Dataset) -> None:
    before = dataset.skill_map_table.manifest()
    lists = dataset.need_skill_map().as_lists()
    result = change_vocabulary(dataset, Vocabulary(lists | {"Logic": ["proof"]}))
    assert (result["added"], result["removed"], result["n_changed"]) == (["Logic: proof"], [], 0)
    assert dataset.skill_map_table.manifest() == before


@pytest.mark.parametrize(
    ("renames", "sentence"),
    [
        ({"sloops": "gradients"}, "found 'sloops', expected a skill of the current vocabulary"),
        ({"slopes": "gradient"}, "found 'gradient', expected a skill of the new one"),
    ],
)
def test_a_rename_that_means_nothing_is_refused(
    dataset: Dataset, renames: dict[str, str], sentence: str
) -> None:
    with pytest.raises(StatError, match=sentence):
        change_vocabulary(dataset, edited(dataset, {"slopes": "gradients"}), renames)


def test_an_earlier_version_is_restored_as_a_new_one(dataset: Dataset) -> None:
    first = dataset.need_skill_map().as_lists()
    change_vocabulary(
        dataset, edited(dataset, {"slopes": "gradients"}), {"slopes": "gradients"}, made_by="edit"
    )
    with pytest.raises(StatError, match="Algebra: gradients"):
        restore_vocabulary(dataset, 1)
    restore_vocabulary(dataset, 1, {"gradients": "slopes"})
    assert dataset.need_skill_map().as_lists() == first
    rows = versions(dataset)
    assert [(row["version"], row["made_by"]) for row in rows] == [
        (1, "import"),
        (2, "edit"),
        (3, "version 1 restored"),
    ]
    assert (rows[2]["added"], rows[2]["removed"]) == (["Algebra: slopes"], ["Algebra: gradients"])
    assert (rows[0]["n_skills"], len(rows[0]["added"])) == (46, 46)
