from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stat_engine.records import LabelAction, LabelEvent
from stat_engine.review import Decision, decide, decide_all
from stat_engine.store.files import append_lines
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.label_history import history, progress
from tests.reviewing import labels_of, run_to_review

BEGIN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return run_to_review(tmp_path, labels_of(20))


def decided_at(
    run: RunFolder, response: str, seconds: float, author: str = "ada", action: LabelAction = "accept",
    bulk: str | None = None,
) -> None:  # fmt: skip
    at = (BEGIN + timedelta(seconds=seconds)).isoformat()
    event = LabelEvent(
        event_id=f"{response}{seconds}", response_id=response, action=action, author=author, at=at, bulk=bulk
    )
    append_lines(run.label_log.path, event.model_dump_json())


def test_the_history_is_newest_first_and_says_what_still_stands(run: RunFolder) -> None:
    first = decide(run, Decision("r01", "edit", skills=["powers", "Geometry/area"], note="see 2"), "ada")
    undo = decide(run, Decision("r01", "undo", seen=first.event_id), "grace")
    decide_all(run, [Decision("r02", "accept")], "ada")
    columns = ["author", "action", "question_id", "skills", "note", "is_standing"]
    assert history(run)[columns].values.tolist() == [
        ["ada", "accept", "q02", None, None, True],
        ["grace", "undo", "q01", None, None, False],
        ["ada", "edit", "q01", ["powers", "Geometry/area"], "see 2", False],
    ]
    assert list(history(run, "r01").event_id) == [undo.event_id, first.event_id]


def test_the_pace_is_the_reviewers_own_over_the_last_ten(run: RunFolder) -> None:
    for at in range(3):
        decided_at(run, f"r{at:02d}", at)  # fast ones, long ago
    for at in range(10):
        decided_at(run, f"r{at + 3:02d}", 1000 + 20 * at + (7200 if at > 4 else 0))  # a break in the middle
    decided_at(run, "r13", 9000, author="grace")
    for at in range(10):
        decided_at(run, "r14", 9001 + at / 10, bulk="b1")
    decided_at(run, "r14", 9002, action="note")
    found = progress(run, "ada")
    assert found == {"n_labels": 20, "n_decided": 15, "per_hour": 180.0, "seconds_left": 100.0}
    assert progress(run, "grace")["per_hour"] is None
    assert progress(run)["n_decided"] == 15
