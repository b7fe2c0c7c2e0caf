from pathlib import Path

import pytest

from stat_engine.review import Decision, decide, decide_all
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.label_history import PEOPLE, bulk_effects, effects, people_agreement, plan
from tests.factories import a_label
from tests.reviewing import TEACHER, labels_of, run_to_review


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Four questions lack area, one of them by two responses; one lacks powers."""
    labels = [
        *labels_of(4),
        a_label("r10", "q00", "area"),
        a_label("r11", "q11", "powers"),
        a_label("r12", "q12"),
    ]
    labels[-1] = labels[-1].model_copy(update={"skills": []})
    return run_to_review(tmp_path, labels)


def planned(run: RunFolder) -> list[tuple[str, str, int, int]]:
    return list(plan(run).itertuples(index=False, name=None))


def test_the_plan_shares_the_pairs_out_as_the_profile_counts(run: RunFolder) -> None:
    assert planned(run) == [("Algebra", "area", 4, 80), ("Algebra", "powers", 1, 20)]
    decide(run, Decision("r11", "edit", skills=["Geometry/circles"]), "ada")
    assert planned(run) == [("Algebra", "area", 4, 80), ("Geometry", "circles", 1, 20)]


def test_the_plan_follows_the_allocation_in_force(tmp_path: Path) -> None:
    few = [a_label(f"p{at}", f"p{at}", "powers") for at in range(4)]
    run = run_to_review(tmp_path, [*labels_of(30), *few])
    assert planned(run) == [("Algebra", "area", 30, 88), ("Algebra", "powers", 4, 12)]
    settings = run.config.training_set.model_copy(update={"allocation": "lower-bound"})
    run.save_config(run.config.model_copy(update={"training_set": settings}))
    assert planned(run) == [("Algebra", "area", 30, 91), ("Algebra", "powers", 4, 9)]


def test_a_change_names_only_the_skills_whose_count_it_changes(run: RunFolder) -> None:
    changed = effects(run, {"r01": (("Algebra", "powers"), ("Geometry", "circles"))})
    assert [(row["subject"], row["skill"], row["n_before"], row["n_after"]) for row in changed] == [
        ("Algebra", "area", 4, 3), ("Algebra", "powers", 1, 2), ("Geometry", "circles", 0, 1),
    ]  # fmt: skip
    assert [(row["pairs_before"], row["pairs_after"]) for row in changed] == [(80, 50), (20, 33), (0, 17)]


def test_a_question_counts_once_while_another_response_of_it_lacks_the_skill(run: RunFolder) -> None:
    assert effects(run, {"r00": ()}) == []
    assert [row["n_after"] for row in effects(run, {"r00": (), "r10": ()})] == [3]


def test_a_bulk_action_is_foretold_against_what_people_made_of_the_labels(run: RunFolder) -> None:
    decide_all(run, [Decision("r00", "discard"), Decision("r01", "discard")], "ada")
    assert [
        (row["skill"], row["n_before"], row["n_after"]) for row in bulk_effects(run, "accept", ["r01"])
    ] == [("area", 3, 4)]
    assert bulk_effects(run, "discard", ["r01"]) == []


def test_people_are_held_against_the_teacher(run: RunFolder) -> None:
    assert people_agreement(run)["share"] is None
    decide(run, Decision("r12", "discard"), "ada")  # names nothing, as the teacher did, and yet is no assent
    assert people_agreement(run)["n_unchanged"] == 0
    decide(run, Decision("r12", "undo", seen=run.label_log.events()[-1].event_id), "ada")
    decide_all(
        run,
        [
            Decision("r00", "accept"), Decision("r01", "edit", skills=["area"]), Decision("r02", "discard"),
            Decision("r11", "edit", skills=["powers", "Geometry/area"]),
        ],
        "ada",
    )  # fmt: skip
    found = people_agreement(run)
    assert (found["teacher"], found["n_reviewed"], found["n_unchanged"], found["share"]) == (
        TEACHER,
        4,
        2,
        0.5,
    )
    assert 0 < found["ci_low"] < 0.5 < found["ci_high"] < 1
    assert [(p["first"], p["second"], p["agreement"], p["n_first_named_none"]) for p in found["pairs"]] == [
        (TEACHER, PEOPLE, 0.75, 0), (PEOPLE, TEACHER, 2.5 / 3, 1),
    ]  # fmt: skip
    assert {row["skill"]: (row["kappa"], row["n_both"], row["n_second_only"]) for row in found["skills"]} == {
        "area": (0.5, 2, 0), "powers": (1.0, 1, 0), "Geometry/area": (0.0, 0, 1),
    }  # fmt: skip
