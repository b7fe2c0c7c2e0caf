import json
from pathlib import Path
from typing import Any

import pytest

from stat_engine.jobs import work as module
from stat_engine.jobs.folder import JobFolder
from stat_engine.jobs.work import JobReport, Pulse, Stopped
from stat_engine.store.files import read_json, write_json


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    made = JobFolder(tmp_path / "jobs" / "one")
    write_json(made.path / "job.json", {"id": "one", "run": "small", "arguments": []})
    return made


def written(folder: JobFolder) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in folder.events.read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "at"} for line in lines]


def progress(stage: str, done: int, total: int) -> dict[str, Any]:
    return {"state": "queued", "kind": "progress", "stage": stage, "done": done, "total": total}


def test_progress_is_written_once_a_second_and_at_a_stages_ends(folder: JobFolder) -> None:
    report = JobReport(folder)
    for done in range(1, 101):
        report.progress("responses", done, 100)
    report.progress("rewards", 1, 2)
    assert written(folder) == [
        progress("responses", 1, 100), progress("responses", 100, 100), progress("rewards", 1, 2),
    ]  # fmt: skip


def test_what_was_held_back_is_written_by_the_heartbeat_and_before_anything_else(folder: JobFolder) -> None:
    report = JobReport(folder)
    report.progress("responses", 1, 9)
    report.progress("responses", 2, 9)
    report.flush()
    report.progress("responses", 3, 9)
    report.say("responses", "some are short")
    report.enter("done", sentence=None)
    assert written(folder) == [
        *(progress("responses", done, 9) for done in (1, 2, 3)),
        {"state": "queued", "kind": "say", "stage": "responses", "sentence": "some are short"},
        {"state": "done", "kind": "state", "sentence": None},
    ]


def test_the_file_stop_ends_the_work_after_its_progress_is_written(folder: JobFolder) -> None:
    report = JobReport(folder)
    folder.stop.touch()
    with pytest.raises(Stopped):
        report.progress("responses", 1, 9)
    with pytest.raises(Stopped):
        report.say("responses", "some are short")
    assert [line["kind"] for line in written(folder)] == ["progress", "say"]


def test_nothing_that_catches_errors_catches_a_stop() -> None:
    assert not issubclass(Stopped, Exception)


def test_the_heartbeat_beats_at_once_goes_on_and_has_the_last_word(
    folder: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEAT_S", 0.01)
    path, calls = folder.path / "heartbeat.json", folder.root / "teacher_calls" / "served.jsonl"
    calls.parent.mkdir()
    with Pulse(folder, JobReport(folder)):
        first = path.stat().st_mtime_ns
        assert read_json(path)["spent"]["calls"] == 0
        while path.stat().st_mtime_ns == first:
            pass
        calls.write_text(json.dumps({"run": "small", "cost": 1.5}) + "\n")
    assert folder.heartbeat["spent"] == {"calls": 1, "input_tokens": 0, "output_tokens": 0, "cost": 1.5}


def test_tokens_are_part_of_the_progress_and_a_stop_is_noticed_between_two_rows(folder: JobFolder) -> None:
    report = JobReport(folder)
    report.progress("responses", 0, 9)
    report.wrote("responses", 20)
    report.wrote("responses", 22)
    report.flush()
    report.progress("responses", 9, 9)
    told = [{**progress("responses", done, 9), "written_tokens": 42} for done in (0, 9)]
    assert written(folder) == [progress("responses", 0, 9), *told]
    folder.stop.touch()
    with pytest.raises(Stopped):
        report.wrote("responses", 1)
