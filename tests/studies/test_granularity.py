"""Coarser and finer vocabularies."""

from stat_engine import Workspace
from stat_engine.skills import Vocabulary
from stat_engine.studies.variants import coarser, regrouped

TEXTS = {
    ("Algebra", "addition"): ["Add 3 apples and 4 apples", "Add 2 pears and 5 pears"],
    ("Algebra", "sums"): ["Add 7 apples and 1 apples"],
    ("Algebra", "slopes"): ["Find the slope of the line"],
    ("Geometry", "area"): ["Find the area of the square"],
}


def test_the_skills_whose_questions_read_alike_become_one_within_their_subject() -> None:
    vocabulary = Vocabulary({"Algebra": ["addition", "slopes", "sums", "unasked"], "Geometry": ["area"]})
    assert coarser(vocabulary, TEXTS, 0.5) == {
        ("Algebra", "addition"): "addition or sums",
        ("Algebra", "sums"): "addition or sums",
        ("Algebra", "slopes"): "slopes",
        ("Algebra", "unasked"): "unasked",
        ("Geometry", "area"): "area",
    }


def test_a_half_of_the_vocabulary_is_labelled_and_selected_for(profiled: Workspace) -> None:
    run = profiled.run("small")
    made = regrouped(profiled, run, "coarse", ["arms=[stat-sel]"], "half")
    made.run(last="training_sets")
    names = set(made.folder.dataset.need_skill_map())
    assert len(names) < len(run.folder.dataset.need_skill_map())
    labels = made.folder.labels()
    assert {label.status for label in labels} == {"ok"}
    assert {(label.subject, skill) for label in labels for skill in label.skills} <= names
    assert {example.missing_skill for example in made.folder.examples("stat-sel")} <= {n for _, n in names}


def test_a_finer_vocabulary_has_a_skill_for_every_level(profiled: Workspace) -> None:
    made = regrouped(profiled, profiled.run("small"), "fine", ["arms=[stat-sel]"], "finer")
    before, after = profiled.dataset("numeracy"), made.folder.dataset
    for id, entry in list(before.skill_map.items())[:200]:
        level = before.questions[id].level
        assert after.skill_map[id].skills == [f"{skill}, level {level}" for skill in entry.skills]
    made.run(last="missing_skills")
    assert {label.status for label in made.folder.labels()} == {"ok"}


def test_the_copy_is_made_once_and_shared(fresh: Workspace) -> None:
    run = fresh.run("small")
    for name in ("one", "two"):
        regrouped(fresh, run, name, [], "quarter")
    assert fresh.dataset_names() == ["numeracy", "numeracy-quarter"]
    assert fresh.run("two").config.dataset == "numeracy-quarter"
