from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stat_engine.jobs import events

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def event(second: float, kind: str = "progress", state: str = "running", **what: Any) -> events.Event:
    at = (BEGUN + timedelta(seconds=second)).isoformat()
    return {"at": at, "state": state, "kind": kind, **what}


def at(second: float, done: int, total: int = 1000, stage: str = "responses") -> events.Event:
    return event(second, stage=stage, done=done, total=total)


def test_the_rate_is_that_of_the_last_thirty_seconds() -> None:
    slow = [at(10.0 * n, 10 * n) for n in range(11)]  # one a second
    fast = [at(100 + 10.0 * n, 100 + 50 * n) for n in range(1, 4)]  # five a second
    assert events.pace([*slow, *fast]) == {
        "stage": "responses", "done": 250, "total": 1000, "written_tokens": None, "rate": 5.0,
        "seconds_left": 150.0,
    }  # fmt: skip


def test_batches_longer_than_the_window_still_have_a_rate() -> None:
    assert events.pace([at(0, 100), at(60, 200), at(120, 300), at(180, 400)])["rate"] == pytest.approx(
        100 / 60
    )


def test_what_was_on_disk_already_does_not_count_as_speed() -> None:
    resumed = [at(0, 10), at(0.9, 500), at(2, 511), at(3, 521)]
    assert events.pace(resumed)["rate"] == pytest.approx(10.0)


def test_two_events_are_too_few_for_a_rate() -> None:
    assert events.pace([at(0, 10), at(5, 20)]) == {
        "stage": "responses", "done": 20, "total": 1000, "written_tokens": None, "rate": None,
        "seconds_left": None,
    }  # fmt: skip


def test_an_earlier_attempt_and_other_counts_stay_out_of_the_rate() -> None:
    before = [at(0, 10), at(10, 20)]
    again = [event(7200, "state"), at(7201, 30), at(7205, 40), at(7206, 5, 100, "calls"), at(7215, 50)]
    assert events.pace([*before, *again])["rate"] == 1.0
    anew = [at(0, 900), at(1, 1000), at(2, 100), at(4, 120), at(6, 140)]
    assert events.pace(anew)["rate"] == 10.0


def test_a_job_that_ended_still_says_how_far_it_came() -> None:
    ended = [at(0, 10), event(1, "state", "stopped")]
    assert (events.pace(ended)["done"], events.pace([])["done"]) == (10, None)


def test_only_the_end_of_a_long_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "TAIL_BYTES", 1000)
    path = tmp_path / "events.jsonl"
    for done in range(50):
        events.append(path, "running", "progress", stage="é", done=done, total=50)
    read = events.latest(path)
    assert 5 < len(read) < 12 and [one["done"] for one in read] == list(range(50 - len(read), 50))
    assert events.latest(tmp_path / "none") == []
