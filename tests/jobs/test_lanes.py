"""Whose turn it is, with real processes."""

import contextlib
import time
from pathlib import Path

import pytest

from stat_engine import jobs
from stat_engine.jobs.folder import JobFolder
from stat_engine.jobs.lanes import in_turn
from stat_engine.store.files import only_one
from tests.jobs.conftest import kill, until
from tests.jobs.counting import ordered


def waiting(job: dict[str, object]) -> bool:
    return job["waits_on"] is not None


def states(root: Path) -> dict[str, str]:
    return {job["id"]: job["state"] for job in jobs.listed(root)}


def test_device_jobs_queue_and_the_lane_is_free_when_its_holder_is_killed(root: Path) -> None:
    jobs.submit(root, ordered("count", "1000"))
    first = until(root, "count-1", "running")
    jobs.submit(root, ordered("count", "10", "0.01"))
    queued = until(root, "count-2", waiting)
    assert (queued["state"], queued["waits_on"], queued["waits_for"]) == ("queued", "device", "count-1")
    kill(first)
    assert until(root, "count-2", "done", 10)["done"] == 10
    assert states(root) == {"count-2": "done", "count-1": "lost"}


def test_the_one_that_has_waited_longest_is_next(root: Path) -> None:
    jobs.submit(root, ordered("count", "1000"), name="first")
    until(root, "first", "running")
    for name in ("zebra", "ant"):
        jobs.submit(root, ordered("count", "1000", "0.02", name), name=name)
        until(root, name, waiting)
    time.sleep(0.3)  # both look again
    jobs.stop(root, "first")
    until(root, "zebra", "running")
    assert jobs.job(root, "ant")["state"] == "queued"
    assert until(root, "ant", lambda job: job["waits_for"] == "zebra")["state"] == "queued"


def test_a_queued_job_can_be_stopped(root: Path) -> None:
    jobs.submit(root, ordered("count", "1000"))
    until(root, "count-1", "running")
    jobs.submit(root, ordered("count", "10"))
    until(root, "count-2", waiting)
    jobs.stop(root, "count-2")
    stopped = until(root, "count-2", "stopped", 5)
    assert (stopped["started"], stopped["waits_on"]) == (None, None)
    assert jobs.job(root, "count-1")["state"] == "running"


def test_teacher_jobs_of_two_runs_work_side_by_side_and_those_of_one_run_do_not(root: Path) -> None:
    (root / "runs" / "other").mkdir()
    (root / "runs" / "other" / "run.json").write_text((root / "runs" / "small" / "run.json").read_text())
    jobs.submit(root, ordered("build", "small", "--method", "a"))
    jobs.submit(root, ordered("build", "other", "--method", "a"))
    jobs.submit(root, ordered("count", "1000"))
    for id in ("build-small-1", "build-other-1", "count-1"):
        assert until(root, id, "running")["lane"] == ("device" if id == "count-1" else "teacher")
    jobs.submit(root, ordered("build", "small", "--method", "b"))
    queued = until(root, "build-small-2", waiting)
    assert (queued["waits_on"], queued["waits_for"]) == ("run small", "build-small-1")
    jobs.stop(root, "build-small-1")
    until(root, "build-small-2", "running")


def test_a_job_waits_for_a_run_that_a_terminal_works_on(root: Path) -> None:
    with only_one(root / "runs" / "small" / ".lock", "run small"):
        jobs.submit(root, ordered("build", "small", "--method", "a"))
        queued = until(root, "build-small-1", waiting)
        assert (queued["waits_on"], queued["waits_for"]) == ("run small", None)
    until(root, "build-small-1", "running")


def test_what_waits_for_its_run_does_not_hold_the_device_up(root: Path) -> None:
    with only_one(root / "runs" / "small" / ".lock", "run small"):
        jobs.submit(root, ordered("train", "small", "--set", "x"))
        assert until(root, "train-small-1", waiting)["lane"] == "device"
        jobs.submit(root, ordered("count", "5", "0.01"))
        until(root, "count-1", "done", 10)


def test_the_locks_go_with_an_error_too(root: Path) -> None:
    jobs.submit(root, ordered("count", "1", "0"))
    until(root, "count-1", "done")
    folder = JobFolder(root / "jobs" / "count-1")
    for _ in range(2):
        with contextlib.suppress(KeyError), in_turn(folder, lambda obstacle: pytest.fail(str(obstacle))):
            raise KeyError
