"""Edits of the vocabulary: what a dry run tells is what then happens, and every edit can be taken back."""

from collections.abc import Callable

import pytest

from stat_engine import Workspace
from stat_engine.config import RunConfig
from stat_engine.errors import DamagedFile, StatError
from stat_engine.skill_map import editing
from stat_engine.skill_map.editing import Edit, edit_vocabulary
from stat_engine.skill_map.versions import restore_vocabulary, versions
from stat_engine.skills import Vocabulary
from stat_engine.store.dataset import Dataset
from tests.factories import a_label, an_example
from tests.formats.files import listing
from tests.reviewing import append

NUMBER_THEORY = "Number theory"


def carrying(dataset: Dataset, subject: str, skill: str) -> set[str]:
    there = Dataset(dataset.folder).skill_map.values()
    return {entry.question_id for entry in there if entry.subject == subject and skill in entry.skills}


def words(dataset: Dataset) -> Vocabulary:
    return dataset.need_skill_map()


def one_of(kind: str, dataset: Dataset) -> Edit:
    vocabulary = words(dataset)
    ids = sorted(carrying(dataset, "Algebra", "slopes"))
    return {
        "rename": lambda: editing.rename(vocabulary, "Algebra", "Slopes", "gradients"),
        "merge": lambda: editing.merge(vocabulary, "Algebra", ["slopes", "addition"], "addition"),
        "split": lambda: editing.split(vocabulary, "Algebra", "slopes", "steep slopes", ids[:3]),
        "move": lambda: editing.move(vocabulary, NUMBER_THEORY, "powers", "Algebra"),
    }[kind]()


@pytest.mark.parametrize("kind", ["rename", "merge", "split", "move"])
def test_a_dry_run_writes_nothing_and_tells_what_then_happens_and_can_be_taken_back(
    workspace: Workspace, dataset: Dataset, kind: str
) -> None:
    edit = one_of(kind, dataset)
    map_before, words_before = dict(dataset.skill_map), words(dataset).as_lists()
    files = listing(workspace.root)
    told = edit_vocabulary(workspace, dataset, edit, is_dry=True)
    assert listing(workspace.root) == files
    done = edit_vocabulary(workspace, dataset, edit, note="why")
    assert done == {**told, "is_dry": False}
    after = Dataset(dataset.folder)
    changed = [id for id, entry in after.skill_map.items() if entry != map_before[id]]
    assert len(changed) == told["n_changed"] > 0
    assert [(row["version"], row["made_by"], row["note"]) for row in versions(after)][1:] == [
        (2, edit.in_words(), "why")
    ]
    assert told["version"] == 2
    restore_vocabulary(after, 1, with_map=True)
    assert Dataset(dataset.folder).skill_map == map_before
    assert words(dataset).as_lists() == words_before


def test_a_rename_keeps_its_questions(workspace: Workspace, dataset: Dataset) -> None:
    ids = carrying(dataset, "Algebra", "slopes")
    found = edit_vocabulary(workspace, dataset, one_of("rename", dataset))
    assert (found["added"], found["removed"]) == (["Algebra: gradients"], ["Algebra: slopes"])
    assert found["n_changed"] == len(ids) == len(carrying(dataset, "Algebra", "gradients"))
    assert words(dataset).find("Algebra", "slopes") is None


def test_merged_skills_are_carried_once(workspace: Workspace, dataset: Dataset) -> None:
    ids = carrying(dataset, "Algebra", "slopes") | carrying(dataset, "Algebra", "addition")
    edit_vocabulary(workspace, dataset, one_of("merge", dataset))
    assert carrying(dataset, "Algebra", "addition") == ids
    entries = Dataset(dataset.folder).skill_map.values()
    assert all(len(set(entry.skills)) == len(entry.skills) for entry in entries)


def test_a_split_changes_only_the_questions_meant(workspace: Workspace, dataset: Dataset) -> None:
    before = carrying(dataset, "Algebra", "slopes")
    edit = one_of("split", dataset)
    assert edit_vocabulary(workspace, dataset, edit)["n_skills"] == 47
    assert carrying(dataset, "Algebra", "steep slopes") == set(edit.only or ())
    assert carrying(dataset, "Algebra", "slopes") == before - (edit.only or set())


def test_the_questions_of_a_split_are_found_by_their_words_in_any_case(dataset: Dataset) -> None:
    found = editing.carrying(dataset, "Algebra", "slopes", "SLOPE")
    expected = [
        id
        for id in sorted(carrying(dataset, "Algebra", "slopes"))
        if "slope" in dataset.questions[id].problem.lower()
    ]
    assert found == expected != []


def test_a_moved_skill_takes_along_only_questions_without_others(
    workspace: Workspace, dataset: Dataset
) -> None:
    entries = dataset.skill_map.values()
    of = [entry for entry in entries if entry.subject == NUMBER_THEORY and "powers" in entry.skills]
    alone = {entry.question_id for entry in of if entry.skills == ["powers"]}
    found = edit_vocabulary(workspace, dataset, one_of("move", dataset))
    assert (found["n_changed"], found["n_left_out"]) == (len(of), len(of) - len(alone))
    assert carrying(dataset, "Algebra", "powers") == alone
    assert carrying(dataset, NUMBER_THEORY, "powers") == set()


def test_a_run_is_touched_by_what_of_it_names_the_skill(workspace: Workspace, dataset: Dataset) -> None:
    made = workspace.new_run("r", RunConfig(dataset="numeracy"))
    labels = [a_label("r1", "q1", "slopes"), a_label("r2", "q2", "addition"), a_label("r3", "q3", "slopes")]
    made.missing_skills().write("f", labels, {})
    append(made.label_log, "r2", "edit", "ada", ["slopes"])
    examples = [an_example("q1", skills=["slopes", "addition"]), an_example("q2")]
    made.training_set("s").write("f", examples, {})
    made.training_set("t").write("f", [an_example("q3")], {})
    found = edit_vocabulary(workspace, dataset, one_of("rename", dataset), is_dry=True)
    assert found["runs"] == [
        {"run": "r", "has_labels": True, "n_labels": 2, "n_decisions": 1, "training_sets": {"s": 1}}
    ]


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda v: editing.rename(v, "Algebra", "slopes", "Addition"), "'addition' is there already; merge"),
        (lambda v: editing.rename(v, "Algebra", "slopes", "slopes"), "has that name already"),
        (lambda v: editing.rename(v, "Algebra", "slops", "x"), "did you mean slopes"),
        (lambda v: editing.rename(v, "Algbra", "slopes", "x"), "subject 'Algbra': expected one of"),
        (lambda v: editing.rename(v, "Algebra", "slopes", " \n "), "expected 1 to 120 letters"),
        (lambda v: editing.rename(v, "Algebra", "slopes", "x" * 121), "expected 1 to 120 letters"),
        (lambda v: editing.merge(v, "Algebra", ["slopes"], "slopes"), "expected at least one to merge"),
        (lambda v: editing.split(v, "Algebra", "slopes", "x", [], "zzz"), "none whose text contains 'zzz'"),
        (lambda v: editing.split(v, "Algebra", "slopes", "Slopes", ["q1"]), "another name than its own"),
        (lambda v: editing.move(v, "Algebra", "slopes", "Algebra"), "stands in 'Algebra' already"),
    ],
)
def test_an_edit_that_cannot_be_meant_is_refused(
    dataset: Dataset, edit: Callable[[Vocabulary], Edit], sentence: str
) -> None:
    with pytest.raises(StatError, match=sentence):
        edit(words(dataset))


def test_a_split_of_a_question_without_the_skill_is_refused(workspace: Workspace, dataset: Dataset) -> None:
    files = listing(workspace.root)
    edit = editing.split(words(dataset), "Algebra", "slopes", "x", ["nobody"])
    with pytest.raises(StatError, match="question 'nobody': expected one of dataset numeracy that carries"):
        edit_vocabulary(workspace, dataset, edit)
    assert listing(workspace.root) == files


def test_a_run_with_a_damaged_card_is_named_where_it_is_on_no_dataset(fresh: Workspace) -> None:
    fresh.run("small").fork("other")
    card = fresh.root / "runs" / "other" / "run.json"
    card.write_text("")
    with pytest.warns(DamagedFile, match=rf"^{card}: found a damaged file"):
        assert [run.name for run in editing.runs_of(fresh, "numeracy")] == ["small"]
