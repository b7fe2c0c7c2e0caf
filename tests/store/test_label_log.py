from pathlib import Path

import pytest

from stat_engine.errors import StatError
from stat_engine.store.label_log import LabelLog, conflicts, decisions, effective_labels
from tests.factories import a_label


@pytest.fixture
def log(tmp_path: Path) -> LabelLog:
    return LabelLog(tmp_path / "label_events.jsonl")


def test_events_come_back_in_order_with_author_and_time(log: LabelLog) -> None:
    first = log.append("r1", "accept", "ada")
    second = log.append("r1", "edit", "grace", skills=["area"], seen=first.event_id, note="see step 2")
    assert log.events() == [first, second]
    assert (second.author, second.skills, second.note) == ("grace", ["area"], "see step 2")


def test_effective_labels_are_the_teachers_as_people_left_them(log: LabelLog) -> None:
    labels = [a_label(id, id, "addition") for id in ("kept", "accepted", "edited", "discarded", "noted")]
    log.append("accepted", "accept", "ada")
    log.append("edited", "edit", "ada", skills=["area", "powers"])
    log.append("discarded", "discard", "ada")
    log.append("noted", "note", "ada", note="hm")
    effective = {label.response_id: label.skills for label in effective_labels(labels, log.events())}
    assert effective == {
        "kept": ["addition"],
        "accepted": ["addition"],
        "edited": ["area", "powers"],
        "discarded": [],
        "noted": ["addition"],
    }


def test_an_edit_settles_what_the_parser_could_not(log: LabelLog) -> None:
    log.append("r1", "edit", "ada", skills=["area"])
    (label,) = effective_labels([a_label("r1", status="parse_failed", judge=None)], log.events())
    assert (label.skills, label.status) == (["area"], "ok")


def test_undo_takes_back_the_last_decision_and_no_more(log: LabelLog) -> None:
    log.append("r1", "edit", "ada", skills=["area"])
    log.append("r1", "discard", "ada")
    log.append("r1", "undo", "ada")
    assert decisions(log.events())["r1"].skills == ["area"]
    log.append("r1", "undo", "ada")
    log.append("r1", "undo", "ada")  # nothing left to undo
    assert decisions(log.events()) == {}


def test_a_decision_made_without_seeing_the_newest_one_is_a_conflict(log: LabelLog) -> None:
    first = log.append("r1", "accept", "ada")
    blind = log.append("r1", "discard", "grace")
    log.append("r1", "accept", "ada", seen=blind.event_id)
    log.append("r2", "accept", "ada")
    assert first.seen is None
    assert conflicts(log.events()) == [blind]


def test_a_torn_last_line_loses_nothing_else(log: LabelLog) -> None:
    event = log.append("r1", "accept", "ada")
    with log.path.open("a") as handle:
        handle.write('{"event_id": "x", "resp')
    assert (log.events(), log.n_torn()) == ([event], 1)


def test_a_decision_needs_an_author_and_an_edit_its_skills(log: LabelLog) -> None:
    with pytest.raises(StatError, match="author's name"):
        log.append("r1", "accept", " ")
    with pytest.raises(StatError, match="label action edit"):
        log.append("r1", "edit", "ada")
    with pytest.raises(StatError, match="label action accept"):
        log.append("r1", "accept", "ada", skills=["area"])
    assert log.events() == []
