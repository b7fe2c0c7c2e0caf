from pathlib import Path

import pytest

from stat_engine import jobs
from stat_engine.jobs import events, listing
from stat_engine.jobs.folder import JobFolder
from stat_engine.store.files import write_json


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the jobs that were read from disk, in order."""
    seen: list[str] = []
    describe = JobFolder.describe
    monkeypatch.setattr(JobFolder, "describe", lambda self: seen.append(self.id) or describe(self))
    return seen


def a_job(root: Path, id: str, state: str) -> JobFolder:
    folder = JobFolder(root / "jobs" / id)
    card = {
        "id": id,
        "arguments": ["run", "a"],
        "run": "a",
        "lane": "device",
        "launcher": None,
        "created": "2026",
    }
    write_json(folder.path / "job.json", card)
    events.append(folder.events, state, "state", sentence="no more")
    return folder


def test_an_ended_job_is_read_once_and_a_lost_one_each_time(tmp_path: Path, read: list[str]) -> None:
    a_job(tmp_path, "ended", "failed")
    a_job(tmp_path, "lost", "running")
    first, second = jobs.listed(tmp_path), jobs.listed(tmp_path)
    assert first == second
    assert {job["id"]: (job["state"], job["last_words"]) for job in first} == {
        "ended": ("failed", "no more"), "lost": ("lost", "it said nothing"),
    }  # fmt: skip
    assert sorted(read) == ["ended", "lost", "lost"]


def test_an_ended_job_that_is_started_again_is_seen(tmp_path: Path) -> None:
    folder = a_job(tmp_path, "again", "stopped")
    assert jobs.listed(tmp_path)[0]["state"] == "stopped"
    events.append(folder.events, "queued", "state")
    assert jobs.listed(tmp_path)[0]["state"] == "lost"  # nobody is there for it


def test_what_a_caller_does_to_a_job_is_not_kept(tmp_path: Path) -> None:
    a_job(tmp_path, "ended", "done")
    jobs.listed(tmp_path)[0]["state"] = "changed"
    assert jobs.listed(tmp_path)[0]["state"] == "done"


def test_no_more_than_so_many_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MANY", 3)
    monkeypatch.setattr(listing, "_ENDED", {})
    for at in range(5):
        a_job(tmp_path, f"j{at}", "done")
    assert len(jobs.listed(tmp_path)) == 5
    assert len(listing._ENDED) == 3


def test_events_and_the_end_of_the_log_are_told(tmp_path: Path) -> None:
    folder = a_job(tmp_path, "j", "done")
    write_json(folder.path / "process.json", {"host": "elsewhere", "pid": 1})
    folder.log.write_text("first\nsecond\n")
    assert [event["sentence"] for event in jobs.history(tmp_path, "j")] == ["no more"]
    assert jobs.log_tail(tmp_path, "j", 7) == "second\n"
