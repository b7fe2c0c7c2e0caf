import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stat_engine.errors import StatError, UnreadableLine
from stat_engine.records import LabelEvent
from stat_engine.store.event_log import decisions
from stat_engine.store.label_log import Conflict, Decision, LabelLog, conflicts, effective_labels, in_words
from tests.factories import a_label
from tests.full_disk import files_up_to
from tests.reviewing import append


@pytest.fixture
def log(tmp_path: Path) -> LabelLog:
    return LabelLog(tmp_path / "label_events.jsonl")


def test_events_come_back_in_order_with_author_and_time(log: LabelLog) -> None:
    first = append(log, "r1", "accept", "ada")
    second = append(log, "r1", "edit", "grace", skills=["area"], seen=first.event_id, note="see step 2")
    assert log.events() == [first, second]
    assert (second.author, second.skills, second.note) == ("grace", ["area"], "see step 2")


def test_effective_labels_are_the_teachers_as_people_left_them(log: LabelLog) -> None:
    labels = [a_label(id, id, "addition") for id in ("kept", "accepted", "edited", "discarded", "noted")]
    append(log, "accepted", "accept", "ada")
    append(log, "edited", "edit", "ada", skills=["area", "powers"])
    append(log, "discarded", "discard", "ada")
    append(log, "noted", "note", "ada", note="hm")
    effective = {label.response_id: label.skills for label in effective_labels(labels, log.events())}
    assert effective == {
        "kept": ["addition"],
        "accepted": ["addition"],
        "edited": ["area", "powers"],
        "discarded": [],
        "noted": ["addition"],
    }


def test_an_edit_settles_what_the_parser_could_not(log: LabelLog) -> None:
    append(log, "r1", "edit", "ada", skills=["area"])
    (label,) = effective_labels([a_label("r1", status="parse_failed", judge=None)], log.events())
    assert (label.skills, label.status) == (["area"], "ok")


def test_undo_takes_back_the_last_decision_and_no_more(log: LabelLog) -> None:
    append(log, "r1", "edit", "ada", skills=["area"])
    append(log, "r1", "discard", "ada")
    append(log, "r1", "undo", "ada")
    assert decisions(log.events())["r1"].skills == ["area"]
    append(log, "r1", "undo", "ada")
    append(log, "r1", "undo", "ada")  # nothing left to undo
    assert decisions(log.events()) == {}


def test_a_decision_made_without_seeing_the_newest_one_is_a_conflict(log: LabelLog) -> None:
    first = append(log, "r1", "accept", "ada")
    blind = append(log, "r1", "discard", "grace")
    append(log, "r1", "accept", "ada", seen=blind.event_id)
    append(log, "r2", "accept", "ada")
    assert first.seen is None
    assert conflicts(log.events()) == [blind]


def test_a_torn_last_line_loses_nothing_else(log: LabelLog) -> None:
    event = append(log, "r1", "accept", "ada")
    with log.path.open("a") as handle:
        handle.write('{"event_id": "x", "resp')
    assert (log.events(), log.unreadable()) == ([event], ([], 1))


def test_a_line_that_is_no_decision_is_named_and_the_others_are_in_force(log: LabelLog) -> None:
    first = append(log, "r1", "accept", "ada")
    with log.path.open("a") as handle:
        handle.write('{"event_id": "x", "action": "knit"}\n')
    second = append(log, "r2", "discard", "ada")
    with pytest.warns(UnreadableLine, match=r"label_events.jsonl, line 2: found"):
        assert log.events() == [first, second]
    assert log.unreadable() == ([2], 0)


def test_of_a_bulk_decision_that_the_disk_cannot_take_nothing_is_written(log: LabelLog) -> None:
    event = append(log, "r0", "accept", "ada")
    before = log.path.read_bytes()
    with files_up_to(4000), pytest.raises(StatError, match="could not be written"):
        log.decide([Decision(f"r{at}", "discard") for at in range(1, 200)], "ada", bulk="b")
    assert (log.path.read_bytes(), log.events()) == (before, [event])


def test_a_decision_needs_an_author_and_an_edit_its_skills(log: LabelLog) -> None:
    with pytest.raises(StatError, match="author's name"):
        append(log, "r1", "accept", " ")
    with pytest.raises(StatError, match="label action edit"):
        append(log, "r1", "edit", "ada")
    with pytest.raises(StatError, match="label action accept"):
        append(log, "r1", "accept", "ada", skills=["area"])
    assert log.events() == []


def test_a_decision_on_what_is_not_the_newest_is_refused_and_nothing_is_written(log: LabelLog) -> None:
    (first,) = log.decide([Decision("r1", "accept")], "ada")
    with pytest.raises(
        Conflict, match="response r1: accepted by ada on .* UTC, which you had not seen"
    ) as met:
        log.decide([Decision("r2", "accept"), Decision("r1", "discard")], "grace")
    assert met.value.newest == [first]
    assert log.events() == [first]
    log.decide([Decision("r1", "discard", seen=first.event_id)], "grace")
    assert decisions(log.events())["r1"].action == "discard"
    assert conflicts(log.events()) == []


def test_of_many_at_once_on_one_label_exactly_one_wins(
    log: LabelLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = LabelLog.events

    def look_slowly(self: LabelLog) -> list[LabelEvent]:
        found = look(self)
        time.sleep(0.01)  # time for the others to look too, if they could
        return found

    monkeypatch.setattr(LabelLog, "events", look_slowly)

    def decide(author: str) -> bool:
        try:
            LabelLog(log.path).decide([Decision("r1", "accept")], author)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(decide, [f"person {at}" for at in range(24)]))
    assert (won.count(True), len(log.events())) == (1, 1)


def test_many_decisions_share_their_bulk_id_and_none_stands_twice(log: LabelLog) -> None:
    events = log.decide([Decision("r1", "accept"), Decision("r2", "accept", note="easy")], "ada", "b1")
    assert [(event.bulk, event.note) for event in log.events()] == [("b1", None), ("b1", "easy")]
    with pytest.raises(StatError, match="stands twice"):
        log.decide([Decision("r3", "accept"), Decision("r3", "discard")], "ada")
    assert log.events() == events


def test_nothing_cannot_be_taken_back(log: LabelLog) -> None:
    with pytest.raises(StatError, match="response r1: there is no decision to take back"):
        log.decide([Decision("r1", "undo")], "ada")
    assert log.events() == []


def test_skills_of_other_subjects_count_under_their_own(log: LabelLog) -> None:
    log.decide([Decision("r1", "edit", skills=[], other_subjects={"Geometry": ["area", "circles"]})], "ada")
    effective = effective_labels([a_label("r1", "q1", "addition")], log.events())
    assert [(label.subject, label.skills) for label in effective] == [
        ("Algebra", []),
        ("Geometry", ["area", "circles"]),
    ]
    (event,) = log.events()
    assert in_words(event).startswith("edited to Geometry/area, Geometry/circles by ada on ")


def test_a_log_written_before_bulk_and_subjects_were_kept_is_read(log: LabelLog) -> None:
    old = {"event_id": "e1", "response_id": "r1", "action": "edit", "skills": ["area"], "author": "ada",
           "at": "2026-01-02T03:04:05+00:00", "seen": None, "note": None}  # fmt: skip
    log.path.write_text(json.dumps(old) + "\n")
    (event,) = log.events()
    assert (event.bulk, event.other_subjects) == (None, None)
    assert in_words(event) == "edited to area by ada on 2026-01-02 at 03:04 UTC"
    log.decide([Decision("r1", "undo", seen="e1")], "ada")
    assert decisions(log.events()) == {}


def test_what_the_log_comes_to_follows_every_event(log: LabelLog) -> None:
    assert (log.now().newest, log.now().in_force, log.now().disputed) == ({}, {}, frozenset())
    first = append(log, "r1", "accept", "ada")
    second = append(log, "r1", "discard", "grace", seen=first.event_id)
    note = append(log, "r2", "note", "ada", note="hm")
    now = log.now()
    assert now.newest == {"r1": second, "r2": note}
    assert (now.in_force, now.disputed) == ({"r1": second}, {"r1"})
    undone = append(log, "r1", "undo", "grace", seen=second.event_id)
    now = log.now()
    assert (now.in_force, now.disputed, log.of("r1")) == ({"r1": first}, frozenset(), [first, second, undone])
    assert now.in_force == decisions(log.events())
    log.path.write_text(note.model_dump_json() + "\n")
    assert (log.now().newest, log.of("r1")) == ({"r2": note}, [])


def test_a_decision_reads_only_the_events_that_are_new(
    log: LabelLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(50):
        append(log, f"r{at}", "accept", "ada")
    seen = log.events()[3].event_id
    read: list[bytes] = []
    parse = json.loads

    def counted(line: bytes) -> object:
        read.append(line)
        return parse(line)

    monkeypatch.setattr("stat_engine.store.growing.json.loads", counted)
    other = append(log, "r7", "discard", "grace")
    log.decide([Decision("r3", "discard", seen)], "ada")
    assert len(read) == 1
    with pytest.raises(Conflict):
        log.decide([Decision("r7", "accept")], "ada")
    assert len(read) == 2
    assert log.now().newest["r7"] == other
