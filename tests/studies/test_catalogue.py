"""Which runs each study takes."""

import pytest

from stat_engine import Workspace
from stat_engine import config as configuration
from stat_engine.config.method import METHODS
from stat_engine.errors import StatError
from stat_engine.studies import STUDIES, Design
from stat_engine.studies.work import run_name, settings_of

DESIGN = Design(seeds=(0, 1), pairs=50)


@pytest.mark.parametrize("kind", STUDIES)
def test_every_variant_is_a_valid_run_under_a_name_of_its_own(kind: str, finished: Workspace) -> None:
    run, study = finished.run("small"), STUDIES[kind]
    variants = study.variants(run, DESIGN)
    names = [run_name(study.name, variant) for variant in variants]
    assert len(set(names)) == len(names) > 0
    for variant in variants:
        tree = configuration.override(run.config.model_dump(), settings_of(variant, DESIGN))
        made = configuration.validate(tree, variant.name)
        assert made.arms == list(variant.arms)
        assert made.seeds == list(variant.seeds or (0, 1))
        assert set(variant.arms) <= set(METHODS)


def test_thresholds_are_the_papers_grid_without_the_corner_that_flags_nothing(finished: Workspace) -> None:
    variants = STUDIES["thresholds"].variants(finished.run("small"), DESIGN)
    points = [(s[0], s[1]) for s in (variant.settings for variant in variants)]
    assert len(points) == 15
    assert ("difficulty.tau1=0", "difficulty.tau2=0") not in points
    assert ("difficulty.tau1=0.85", "difficulty.tau2=0.7") in points


def test_label_noise_ends_in_a_teacher_that_writes_no_questions(finished: Workspace) -> None:
    variants = STUDIES["label-noise"].variants(finished.run("small"), DESIGN)
    assert [variant.value for variant in variants] == [0.0, 0.2, 0.4, 0.6, "second teacher"]
    assert variants[0].arms == ("stat-sel", "stat-syn")
    assert variants[-1].arms == ("stat-sel",)


def test_students_are_repetitions_of_one_value(finished: Workspace) -> None:
    design = Design(students=("a", "b"))
    variants = STUDIES["arms"].variants(finished.run("small"), design)
    assert [(variant.value, variant.settings) for variant in variants] == [
        ("all", ("student.model=a",)), ("all", ("student.model=b",)),
    ]  # fmt: skip


def test_later_rounds_are_a_run_for_every_arm_and_seed(finished: Workspace) -> None:
    design = Design(seeds=(0, 1), arms=("stat-sel",), values=("3",))
    variants = STUDIES["rounds"].variants(finished.run("small"), design)
    assert [(variant.name, variant.value, variant.seeds, variant.has_base) for variant in variants] == [
        ("1", 1, (), True),
        ("2-stat-sel-0", 2, (0,), False),
        ("2-stat-sel-1", 2, (1,), False),
        ("3-stat-sel-0", 3, (0,), False),
        ("3-stat-sel-1", 3, (1,), False),
    ]


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("label-noise", "1.5", "--value '1.5': expected a number from 0 to 1"),
        ("set-size", "many", "--value 'many': expected a number from 1 to inf"),
        ("rounds", "two", "--value 'two': expected a number of rounds, 2 or more"),
    ],
)
def test_a_value_that_cannot_be_is_refused(kind: str, value: str, says: str, finished: Workspace) -> None:
    with pytest.raises(StatError, match=says):
        STUDIES[kind].variants(finished.run("small"), Design(values=(value,)))


def test_noise_is_added_to_the_labels_of_a_real_teacher_under_its_own_name(fresh: Workspace) -> None:
    run = fresh.run("small").fork("other", ["teacher.backend=question-skills"])
    variants = STUDIES["label-noise"].variants(run, DESIGN)
    assert [variant.settings for variant in variants[:2]] == [("teacher.noise=0",), ("teacher.noise=0.2",)]


def test_teachers_of_the_run_are_compared_where_they_are_no_programs(fresh: Workspace) -> None:
    one, other = (
        "{backend: openai, model: large, name: large}",
        "{backend: openai, model: small, name: small}",
    )
    run = fresh.run("small").fork("other", [f"teacher={one}", f"second_teachers=[{other}]"])
    variants = STUDIES["teacher-gap"].variants(run, DESIGN)
    assert [variant.value for variant in variants] == ["large", "small"]
    small = fresh.run("small").fork("weak", list(variants[1].settings)).config
    assert (small.teacher, small.second_teachers) == (run.config.second_teachers[0], [])


def test_a_gap_needs_two_teachers_that_write(fresh: Workspace) -> None:
    run = fresh.run("small").fork("other", ["teacher.backend=question-skills", "second_teachers=[]"])
    with pytest.raises(
        StatError, match="compares two teachers that write and solve questions; this run has none"
    ):
        STUDIES["teacher-gap"].variants(run, DESIGN)
