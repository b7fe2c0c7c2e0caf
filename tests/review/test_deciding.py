from pathlib import Path

import pytest

from stat_engine.errors import StatError
from stat_engine.review import (
    Conflict,
    Decision,
    checked_author,
    decide,
    decide_all,
    last_by,
    refuse_others,
    undo_bulk,
)
from stat_engine.store.event_log import decisions
from stat_engine.store.run_folder import RunFolder
from tests.reviewing import labels_of, run_to_review


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return run_to_review(tmp_path, labels_of(4))


def standing(run: RunFolder) -> dict[str, str]:
    return {id: event.action for id, event in decisions(run.label_log.events()).items()}


def test_an_edit_takes_the_vocabularys_spelling_and_other_subjects(run: RunFolder) -> None:
    event = decide(
        run, Decision("r00", "edit", skills=["Powers", "powers", "Geometry/circles", "Algebra/area"]), "ada"
    )
    assert (event.skills, event.other_subjects) == (["powers", "area"], {"Geometry": ["circles"]})
    assert [(label.subject, label.skills) for label in run.labels()[:2]] == [
        ("Algebra", ["powers", "area"]),
        ("Geometry", ["circles"]),
    ]


def test_an_edit_to_no_skill_is_one(run: RunFolder) -> None:
    assert decide(run, Decision("r00", "edit", skills=[]), "ada").skills == []
    assert run.labels()[0].skills == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("slops", "skill 'slops': expected a skill of Algebra; did you mean slopes?"),
        ("circles", "skill 'circles': expected a skill of Algebra; Geometry has it: Geometry/circles"),
        ("Geometry/circels", "skill 'Geometry/circels': expected a skill of Geometry; did you mean circles?"),
        ("zzz", "skill 'zzz': expected a skill of Algebra"),
    ],
)
def test_a_skill_outside_the_vocabulary_is_refused_with_the_nearest(
    run: RunFolder, name: str, message: str
) -> None:
    with pytest.raises(StatError) as met:
        decide(run, Decision("r00", "edit", skills=["area", name]), "ada")
    assert (str(met.value), run.label_log.events()) == (message, [])


def test_what_cannot_be_decided_is_refused_before_anything_is_written(run: RunFolder) -> None:
    with pytest.raises(StatError, match="run small has no label of response 'r99'"):
        decide_all(run, [Decision("r00", "accept"), Decision("r99", "accept")], "ada")
    with pytest.raises(StatError, match="nothing to decide"):
        decide_all(run, [], "ada")
    with pytest.raises(StatError, match="a note without a word"):
        decide(run, Decision("r00", "note", note=" "), "ada")
    with pytest.raises(StatError, match="a note of 10,001 characters"):
        decide(run, Decision("r00", "accept", note="x" * 10_001), "ada")
    with pytest.raises(StatError, match="author's name"):
        decide(run, Decision("r00", "accept"), " ")
    with pytest.raises(StatError, match="skills are given with an edit"):
        decide(run, Decision("r00", "edit"), "ada")
    assert run.label_log.events() == []


def test_a_bulk_action_is_taken_back_where_nobody_decided_since(run: RunFolder) -> None:
    events = decide_all(run, [Decision(f"r0{at}", "discard") for at in range(3)], "ada")
    (bulk,) = {event.bulk for event in events}
    decide(run, Decision("r01", "accept", seen=events[1].event_id), "grace")
    undone, n_left = undo_bulk(run, bulk or "", "ada")
    assert ([event.response_id for event in undone], n_left) == (["r00", "r02"], 1)
    assert standing(run) == {"r01": "accept"}
    with pytest.raises(StatError, match="it has no current decision"):
        undo_bulk(run, bulk or "", "ada")
    with pytest.raises(StatError, match="has no bulk action 'nope'"):
        undo_bulk(run, "nope", "ada")


def test_a_bulk_action_with_one_conflict_writes_nothing(run: RunFolder) -> None:
    decide(run, Decision("r02", "accept"), "grace")
    with pytest.raises(Conflict, match="r02: accepted by grace"):
        decide_all(run, [Decision("r00", "discard"), Decision("r02", "discard")], "ada")
    assert standing(run) == {"r02": "accept"}


def test_the_last_decision_of_an_author_is_the_one_in_force(run: RunFolder) -> None:
    assert last_by(run, "ada") is None
    first = decide(run, Decision("r00", "accept"), "ada")
    second = decide(run, Decision("r01", "accept"), "ada")
    decide(run, Decision("r01", "discard", seen=second.event_id), "grace")
    assert last_by(run, "ada") == first


def test_others_decisions_are_named_before_they_are_overruled(run: RunFolder) -> None:
    decide(run, Decision("r00", "accept"), "grace")
    refuse_others(run, ["r00", "r01"], "grace")
    with pytest.raises(StatError, match=r"r00: accepted by grace on .*history small r00.*--over-others"):
        refuse_others(run, ["r00", "r01"], "ada")


def test_a_reviewers_name_is_one_line_of_at_most_100_characters() -> None:
    assert checked_author("  Ada \n Lovelace ", "label decision") == "Ada Lovelace"
    with pytest.raises(StatError, match="101 characters"):
        checked_author("x" * 101, "label decision")
