import os
import time
from pathlib import Path

from stat_engine.jobs.local import job, submit
from stat_engine.store.files import read_json, write_json


def finished(root: Path, name: str) -> dict[str, object]:
    for _ in range(300):
        card = job(root, name)
        if card and not card["is_running"]:
            return card
        time.sleep(0.1)
    raise AssertionError("the job did not end")


def test_a_job_runs_by_itself_and_its_last_words_are_kept(tmp_path: Path) -> None:
    card = submit(tmp_path, "look", ["status", "none"])
    assert (card["pid"] > 0, read_json(tmp_path / "jobs" / "look" / "job.json")) == (True, card)
    assert "stat-studio: no run none" in str(finished(tmp_path, "look")["log"])


def test_a_reused_process_id_is_not_taken_for_the_job(tmp_path: Path) -> None:
    card = {"job": "old", "arguments": [], "pid": os.getpid(), "started": 1.0}
    write_json(tmp_path / "jobs" / "old" / "job.json", card)
    found = job(tmp_path, "old")
    assert found is not None and found["is_running"] is False


def test_there_is_no_job_where_none_was_started(tmp_path: Path) -> None:
    assert job(tmp_path, "demo") is None
