"""A damaged file of one job shows as damage of that job; lists, other jobs and cleaning go on."""

from pathlib import Path

import pytest

from stat_engine import Workspace, jobs
from stat_engine.errors import StatError
from stat_engine.jobs import Wish, events
from stat_engine.jobs.folder import JobFolder
from stat_engine.jobs.lanes import _earlier
from stat_engine.store.files import write_json

CONTENTS = {
    "empty": b"", "cut": b'{"id": "a', "list": b"[]", "null": b"null", "text": b'"x"', "no text": b"\xff\xfe",
    "deep": b"[" * 100_000, "other fields": b'{"id": 1, "pid": "x", "spent": 3}',
}  # fmt: skip


def a_job(root: Path, name: str, state: str = "done") -> JobFolder:
    folder = JobFolder(root / "jobs" / name)
    card = {"id": name, "arguments": ["run", name], "run": None, "lane": "device", "created": events.now()}
    write_json(folder.path / "job.json", card)
    write_json(folder.path / "launch.json", events.describe())
    write_json(folder.path / "process.json", events.describe())
    write_json(folder.path / "heartbeat.json", {"spent": {}, "offsets": {}})
    events.append(folder.events, state, "state")
    return folder


@pytest.mark.parametrize("file", ["job", "launch", "process", "heartbeat"])
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_a_damaged_file_of_a_job_is_listed_and_the_others_go_on(
    tmp_path: Path, file: str, content: bytes
) -> None:
    bad, good = a_job(tmp_path, "bad"), a_job(tmp_path, "good")
    (bad.path / f"{file}.json").write_bytes(content)
    found = {job["id"]: job for job in jobs.listed(tmp_path)}
    assert {id: job["state"] for id, job in found.items()} == {"bad": "damaged", "good": "done"}
    assert f"jobs/bad/{file}.json" in found["bad"]["last_words"]
    assert found["bad"].keys() == found["good"].keys()
    assert jobs.job(tmp_path, "bad") == found["bad"] and jobs.find(tmp_path, "bad") == found["bad"]
    assert _earlier(good, "device") is None
    with pytest.raises(StatError, match=r"damaged"):
        jobs.resume(tmp_path, "bad")
    with pytest.raises(StatError, match="job bad is damaged; there is nothing to stop"):
        jobs.stop(tmp_path, "bad")
    cleaned = jobs.clean(Workspace(tmp_path), Wish(jobs=True, unfinished=True, days=0))
    assert cleaned["passed_by"] == []


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "null", '{"state": 1}', '{"state": "done"}', '{"at": "x", "state": "done", "kind": "say"}'],
)
def test_a_damaged_event_is_passed_over(tmp_path: Path, line: str) -> None:
    job = a_job(tmp_path, "a", "running")
    with job.events.open("a") as handle:
        handle.write(line + "\n")
    assert [event["state"] for event in events.latest(job.events)] == ["running"]
    assert job.describe()["state"] == "running"
