"""Jobs that do the real work: the embedded small run through the program that a job starts."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from stat_engine import Workspace, jobs, views
from stat_engine.orders import AuditSkillMapOrder
from stat_engine.store.files import write_json
from tests.conftest import small_workspace
from tests.jobs.conftest import end_all, kill, until
from tests.jobs.counting import ordered
from tests.models.fault_server import FaultServer
from tests.teaching import settings_for, teach
from tests.test_kills import contents

pytestmark = pytest.mark.slow
STEPS = ["student.batch_size=2", "reward_model.batch_size=4"]
"""Batches small enough for a stop to fall between two of them."""


def is_answering(job: dict[str, object]) -> bool:
    return job["stage"] == "responses" and job["done"] is not None


def test_a_stopped_a_killed_and_a_resumed_run_ends_in_the_tables_of_an_undisturbed_one(
    tmp_path: Path,
) -> None:
    undisturbed, disturbed = (small_workspace(tmp_path / name, 40, 40) for name in ("calm", "stirred"))
    for workspace in (undisturbed, disturbed):
        workspace.run("small").configure(STEPS)
    undisturbed.run("small").run()
    root = disturbed.root
    jobs.submit(root, ordered("run", "small"))
    try:
        until(root, "run-small-1", is_answering, 60)
        jobs.stop(root, "run-small-1")
        stopped = until(root, "run-small-1", "stopped", 30)
        stage = root / "runs" / "small" / "responses"
        n_kept = sum(path.read_bytes().count(b"\n") for path in stage.rglob("*.jsonl"))
        assert stopped["stage"] == "responses" and 2 * len(list(stage.rglob("*.parquet"))) + n_kept < 40
        assert stopped["done"] <= 2 * len(list(stage.rglob("*.parquet"))) + n_kept
        jobs.resume(root, "run-small-1")
        kill(until(root, "run-small-1", lambda job: (job["stage"] or "").startswith("sft random"), 60))
        assert jobs.job(root, "run-small-1")["state"] == "lost"
        jobs.resume(root, "run-small-1")
        job = until(root, "run-small-1", lambda job: (job["stage"] or "").startswith("sft stat-sel"), 60)
        os.kill(job["pid"], signal.SIGTERM)
        until(root, "run-small-1", "stopped", 30)
        jobs.resume(root, "run-small-1")
        done = until(root, "run-small-1", "done", 120)
    finally:
        end_all(root)
    assert contents(disturbed) == contents(undisturbed)
    assert "run small on numeracy" in done["log"]


def test_a_served_teachers_job_counts_what_the_run_pays(finished: Workspace, tmp_path: Path) -> None:
    root = tmp_path / "w"
    shutil.copytree(finished.root, root)
    with FaultServer(teach) as server:
        Workspace(root).run("small").configure(settings_for(server.url))
        job = jobs.submit(root, ordered("run", "small", "--until", "missing_skills"))
        assert job["lane"] == "teacher"
        try:
            done = until(root, "run-small-1", "done", 60)
        finally:
            end_all(root)
    paid = views.status.summary(Workspace(root), Workspace(root).run("small").folder)
    served = [row for row in paid["calls"] if row["endpoint"] == "served"]
    assert done["calls"] == sum(row["n_calls"] for row in served) > 0
    assert (done["tokens"], done["cost"]) == (10 * done["calls"], pytest.approx(0.01 * done["calls"]))


def test_a_job_of_an_order_that_is_refused_fails_with_its_sentence(tmp_path: Path) -> None:
    jobs.submit(tmp_path, AuditSkillMapOrder(dataset="none"))
    failed = until(tmp_path, "audit-skill-map-1", "failed")
    assert failed["last_words"].startswith(f"no dataset none in {tmp_path}")


def test_a_job_of_an_earlier_version_with_words_for_its_order_can_be_resumed(tmp_path: Path) -> None:
    words = ["status", "none"]
    card = {"id": "old", "arguments": words, "run": "none", "lane": "device", "launcher": None, "cwd": None}
    write_json(tmp_path / "jobs" / "old" / "job.json", card | {"created": "2026-01-01T00:00:00+00:00"})
    assert jobs.job(tmp_path, "old")["arguments"] == words
    jobs.resume(tmp_path, "old")
    assert until(tmp_path, "old", "failed")["last_words"].startswith(f"no run none in {tmp_path}")
