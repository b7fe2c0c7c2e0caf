from pathlib import Path

import pytest

from stat_engine.errors import NotThereYet, StatError
from stat_engine.review import Decision, decide, decide_all
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.labels import LabelFilter, counts, item, queue
from tests.factories import a_label
from tests.reviewing import labels_of, run_to_review


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Four labels: two as they should be, one unreadable, one outside the vocabulary."""
    labels = [
        *labels_of(2),
        a_label("r02", "q02", status="parse_failed", judge=None),
        a_label("r03", "q03", "powers", status="off_vocabulary", judge="correct"),
    ]
    second = [a_label("r00", "q00", "area"), a_label("r01", "q01", "slopes")]
    return run_to_review(tmp_path, labels, second)


def ids(run: RunFolder, **conditions: object) -> list[str]:
    return list(LabelFilter(**conditions).of(queue(run)).response_id)  # type: ignore[arg-type]


def test_the_queue_holds_every_label_as_teacher_and_people_left_it(run: RunFolder) -> None:
    event = decide(run, Decision("r01", "edit", skills=["powers", "Geometry/area"]), "ada")
    note = decide(run, Decision("r01", "note", seen=event.event_id, note="hm"), "grace")
    rows = queue(run).to_dict("records")
    assert rows[1] == {
        "response_id": "r01", "question_id": "q01", "subject": "Algebra", "state": "edited",
        "flags": ["disagreement"], "judge": "incorrect", "teacher_skills": ["area"],
        "skills": ["powers", "Geometry/area"], "author": "ada", "at": event.at, "newest": note.event_id,
    }  # fmt: skip
    assert [(row["state"], row["flags"], row["newest"]) for row in (rows[0], rows[2], rows[3])] == [
        ("pending", [], None), ("pending", ["parse_failed"], None), ("pending", ["off_vocabulary"], None),
    ]  # fmt: skip
    assert counts(queue(run)) == {
        "pending": 3, "accepted": 0, "edited": 1, "discarded": 0, "disagreement": 1, "parse_failed": 1,
        "off_vocabulary": 1,
    }  # fmt: skip


def test_a_filter_leaves_what_fits_every_condition(run: RunFolder) -> None:
    decide_all(run, [Decision("r00", "accept"), Decision("r02", "discard")], "ada")
    assert ids(run) == ["r00", "r01", "r02", "r03"]
    assert ids(run, statuses=("pending",)) == ["r01", "r03"]
    assert ids(run, statuses=("parse_failed", "discarded")) == ["r02"]
    assert ids(run, statuses=("pending", "disagreement")) == ["r01"]
    assert ids(run, judge="incorrect") == ["r00", "r01"]
    assert ids(run, judge="none") == ["r02"]
    assert ids(run, skill="powers") == ["r03"]
    assert ids(run, author="ada", question_id="q00") == ["r00"]
    assert ids(run, subject="Geometry") == []
    with pytest.raises(StatError, match="status 'new': expected one of pending, accepted"):
        ids(run, statuses=("new",))


def test_people_who_say_different_things_are_a_disagreement_until_one_takes_it_back(run: RunFolder) -> None:
    first = decide(run, Decision("r00", "accept"), "ada")
    second = decide(run, Decision("r00", "discard", seen=first.event_id), "grace")
    assert ids(run, statuses=("disagreement",)) == ["r00", "r01"]
    third = decide(run, Decision("r02", "accept"), "ada")
    decide(run, Decision("r02", "accept", seen=third.event_id), "grace")  # of one mind
    decide(run, Decision("r00", "undo", seen=second.event_id), "grace")
    assert ids(run, statuses=("disagreement",)) == ["r01"]


def test_one_label_comes_with_all_that_is_known_of_it(run: RunFolder) -> None:
    event = decide(run, Decision("r01", "edit", skills=["powers"]), "ada")
    found = item(run, "r01")
    assert (found["question"].id, found["response"].steps) == ("q01", ["1+1=3", "Answer: 3"])
    assert (found["step_rewards"], found["failing_step"]) == ([0.1, 0.1], 0)
    assert (found["label"].skills, [one.skills for one in found["others"]]) == (["area"], [["slopes"]])
    assert (found["events"], found["decision"], found["newest"]) == ([event], event, event.event_id)
    assert found["skills"] == [("Algebra", "powers")]
    assert found["vocabulary"] == [
        *(("Algebra", name) for name in ("addition", "area", "powers", "slopes")),
        *(("Geometry", name) for name in ("angles", "area", "circles")),
    ]
    with pytest.raises(StatError, match="run small has no label of response 'r99'"):
        item(run, "r99")


def test_stale_labels_are_told_the_way_out(run: RunFolder) -> None:
    run.save_config(
        run.config.model_copy(update={"teacher": run.config.teacher.model_copy(update={"noise": 0.5})})
    )
    with pytest.raises(NotThereYet, match="--until missing_skills"):
        queue(run)
