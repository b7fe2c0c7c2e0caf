import os
from pathlib import Path
from typing import Any

import pytest

from stat_engine.jobs import events
from stat_engine.jobs.folder import SILENCE_S, JobFolder
from stat_engine.store.files import write_json


def folder(tmp_path: Path, state: str, process: dict[str, Any] | None, **launch: Any) -> JobFolder:
    made = JobFolder(tmp_path / "jobs" / "one")
    write_json(made.path / "job.json", {"id": "one", "arguments": ["run", "small"], "run": "small"})
    write_json(made.path / "launch.json", {**events.describe(), **launch})
    if process:
        write_json(made.path / "process.json", {**events.describe(), **process})
    events.append(made.events, state, "state")
    return made


def beat(job: JobFolder, seconds_ago: float) -> None:
    path = job.path / "heartbeat.json"
    write_json(path, {})
    then = path.stat().st_mtime - seconds_ago
    os.utime(path, (then, then))


def test_a_process_here_is_known_by_its_id_and_start(tmp_path: Path) -> None:
    assert folder(tmp_path, "running", {}).state() == "running"
    assert folder(tmp_path, "running", {"started": 1.0}).state() == "lost"


@pytest.mark.parametrize(
    ("ago", "state"), [(0, "running"), (SILENCE_S - 1, "running"), (SILENCE_S + 1, "lost")]
)
def test_a_process_elsewhere_is_known_by_its_heartbeat(tmp_path: Path, ago: float, state: str) -> None:
    job = folder(tmp_path, "running", {"host": "elsewhere", "pid": 1})
    beat(job, ago)
    assert job.state() == state


def test_without_a_heartbeat_a_process_elsewhere_is_lost(tmp_path: Path) -> None:
    assert folder(tmp_path, "running", {"host": "elsewhere"}).state() == "lost"


def test_a_job_whose_worker_has_not_begun_waits_as_long_as_its_launcher_is_there(tmp_path: Path) -> None:
    assert folder(tmp_path, "queued", None).state() == "queued"
    assert folder(tmp_path, "queued", None, host="elsewhere", started=1.0).state() == "queued"
    assert folder(tmp_path, "queued", None, started=1.0).state() == "lost"


def test_an_end_counts_more_than_a_process_that_is_gone_or_a_wish_to_stop(tmp_path: Path) -> None:
    for end in ("stopped", "done", "failed"):
        job = folder(tmp_path, end, {"started": 1.0})
        job.stop.touch()
        assert job.state() == end


def test_a_wish_to_stop_shows_until_it_is_granted(tmp_path: Path) -> None:
    alive = folder(tmp_path, "running", {})
    alive.stop.touch()
    assert alive.state() == "stopping"
    assert folder(tmp_path, "running", {"started": 1.0}).state() == "lost"  # it died of something else
    assert folder(tmp_path, "queued", {"started": 1.0}).state() == "stopped"  # it never began


def test_a_torn_last_event_is_passed_over(tmp_path: Path) -> None:
    job = folder(tmp_path, "running", {})
    with job.events.open("a") as handle:
        handle.write('{"at": "2026-01-01T00:00:00+00:00", "state": "do')
    assert job.state() == "running"


def test_the_last_words_are_the_last_lines_of_log_and_launcher(tmp_path: Path) -> None:
    job = folder(tmp_path, "running", {"started": 1.0})
    job.log.write_text("".join(f"line {n}\n\n" for n in range(9)))
    job.launch_log.write_text("srun: error: out of memory\n")
    assert job.describe()["last_words"] == "line 5\nline 6\nline 7\nline 8\nsrun: error: out of memory"
    silent = folder(tmp_path / "other", "running", {"started": 1.0})
    assert silent.describe()["last_words"] == "it said nothing"


def test_what_the_calls_took_is_what_the_heartbeat_says(tmp_path: Path) -> None:
    job = folder(tmp_path, "running", {})
    taken = {key: job.describe()[key] for key in ("calls", "tokens", "cost")}
    assert taken == {"calls": 0, "tokens": 0, "cost": None}
    spent = {"calls": 3, "input_tokens": 70, "output_tokens": 30, "cost": 0.5}
    write_json(job.path / "heartbeat.json", {"spent": spent, "offsets": {}})
    taken = {key: job.describe()[key] for key in (*spent, "tokens")}
    assert taken == {**spent, "tokens": 100}
