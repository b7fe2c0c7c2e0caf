"""Answers and scores are kept one by one: what ends in the middle of a batch loses none, repeats none."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace, jobs
from stat_engine.config.shipped import ROOT
from tests.conftest import small_workspace
from tests.jobs.conftest import end_all, until
from tests.jobs.counting import ordered
from tests.slow_models import SlowModels, command

pytestmark = pytest.mark.slow
N_ROWS = 60
SAMPLED = [
    "student.batch_size=100",
    "student.n_samples=2",
    "student.temperature=1",
    "reward_model.batch_size=100",
]
"""All rows in one batch, which no kill between two batches can save."""
IN_ITS_PROCESS = f"student.python={sys.executable}"
END_S = 10.0


def a_workspace(folder: Path, *settings: str) -> Workspace:
    workspace = small_workspace(folder, N_ROWS // 2, 40)
    workspace.run("small").configure([*SAMPLED, *settings])
    return workspace


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    workspace = a_workspace(tmp_path_factory.mktemp("undisturbed"))
    workspace.run("small").run(last="step_rewards")
    return tables(workspace)


def tables(workspace: Workspace) -> dict[str, bytes]:
    """The bytes of the finished tables; raises where one is not finished."""
    run = workspace.run("small").folder
    return {
        path.name: path.read_bytes() for table in (run.responses, run.step_rewards) for path in table.files()
    }


def n_kept(workspace: Workspace, stage: str = "responses") -> int:
    journals = (workspace.root / "runs" / "small" / stage).rglob("*.jsonl")
    return sum(path.read_bytes().count(b"\n") for path in journals)


def start(workspace: Workspace, slow: SlowModels, **streams: Any) -> "subprocess.Popen[bytes]":
    words = command("run", "small", "--until", "step_rewards", "--workspace", str(workspace.root))
    return subprocess.Popen(
        words,
        cwd=ROOT,
        env=os.environ | slow.environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        **{"stderr": subprocess.DEVNULL, **streams},
    )


def wait_until(test: Callable[[], bool], process: "subprocess.Popen[bytes] | None" = None) -> None:
    end = time.monotonic() + 120
    while not test():
        assert time.monotonic() < end
        assert process is None or process.poll() is None
        time.sleep(0.1)


@pytest.mark.parametrize("settings", [[], [IN_ITS_PROCESS]], ids=["here", "in-its-process"])
def test_a_run_ended_in_the_middle_of_a_batch_makes_only_what_is_missing(
    settings: list[str], tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    workspace, slow = a_workspace(tmp_path / "w", *settings), SlowModels(tmp_path / "slow", 0.1)
    kept = 0
    for least, how in ((5, signal.SIGKILL), (25, signal.SIGTERM)):
        process = start(workspace, slow)
        wait_until(lambda: n_kept(workspace) >= least, process)  # noqa: B023
        process.send_signal(how)
        begun = time.monotonic()
        process.wait(END_S + 5)
        assert time.monotonic() - begun < END_S
        before, kept = kept, n_kept(workspace)
        assert max(before, least) <= kept < N_ROWS
    time.sleep(2.0)  # a process of the model's own ends a moment after the one that asks it
    n_before = slow.n_made()
    assert start(workspace, slow).wait(120) == 0
    assert slow.n_made() - n_before == N_ROWS - kept
    assert tables(workspace) == undisturbed


@pytest.mark.parametrize(
    "settings", [[], [f"reward_model.python={sys.executable}"]], ids=["here", "in-its-process"]
)
def test_scores_made_before_a_kill_are_not_made_again(settings: list[str], tmp_path: Path) -> None:
    small = ["reward_model.token_budget=512", *settings]
    disturbed, calm = (a_workspace(tmp_path / name, *small) for name in ("disturbed", "calm"))
    slow, quick = SlowModels(tmp_path / "slow", 0.1), SlowModels(tmp_path / "quick", 0.0)
    for workspace in (disturbed, calm):
        workspace.run("small").run(last="responses")
    assert start(calm, quick).wait(120) == 0
    process = start(disturbed, slow)
    wait_until(lambda: n_kept(disturbed, "step_rewards") >= 10, process)
    process.kill()
    process.wait()
    assert 10 <= n_kept(disturbed, "step_rewards") < N_ROWS
    assert start(disturbed, slow).wait(120) == 0
    n_batches = quick.n_made("batch of scores")
    # the batch that was being made is made again
    assert 4 <= n_batches <= slow.n_made("batch of scores") <= n_batches + 1
    assert tables(disturbed) == tables(calm)


def submitted(
    tmp_path: Path, pause_s: float, until_stage: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[Workspace, SlowModels]:
    """A job whose models are slow, up to a stage."""
    workspace, slow = a_workspace(tmp_path / "w"), SlowModels(tmp_path / "slow", pause_s)
    for name, value in slow.environment.items():
        monkeypatch.setenv(name, value)
    jobs.submit(workspace.root, ordered("run", "small", "--until", until_stage))
    return workspace, slow


@pytest.mark.parametrize("wish", ["stop", "signal"])
def test_a_job_stops_in_the_middle_of_a_batch_and_goes_on_from_there(
    wish: str, tmp_path: Path, undisturbed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, slow = submitted(tmp_path, 0.1, "step_rewards", monkeypatch)
    root = workspace.root
    try:
        wait_until(lambda: n_kept(workspace) >= 10)
        assert jobs.job(root, "run-small-1")["written_tokens"] > 0
        begun = time.monotonic()
        if wish == "stop":
            jobs.stop(root, "run-small-1")
        else:
            os.kill(jobs.job(root, "run-small-1")["pid"], signal.SIGTERM)
        until(root, "run-small-1", "stopped", END_S)
        assert time.monotonic() - begun < END_S
        assert 10 <= n_kept(workspace) < N_ROWS
        jobs.resume(root, "run-small-1")
        until(root, "run-small-1", "done", 120)
    finally:
        end_all(root)
    assert N_ROWS <= slow.n_made() <= N_ROWS + 1
    assert tables(workspace) == undisturbed


def test_a_job_in_a_long_call_ends_in_time_and_keeps_what_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = submitted(tmp_path, 60.0, "responses", monkeypatch)[0].root
    try:
        running = until(root, "run-small-1", lambda job: job["stage"] == "responses", 60)
        time.sleep(2.0)
        os.kill(running["pid"], signal.SIGTERM)
        until(root, "run-small-1", "stopped", END_S)
    finally:
        end_all(root)


def test_progress_is_on_a_terminal_before_the_first_response_has_ended(tmp_path: Path) -> None:
    workspace, slow = a_workspace(tmp_path / "w"), SlowModels(tmp_path / "slow", 2.0)
    ours, theirs = pty.openpty()
    process = start(workspace, slow, stderr=theirs)
    os.close(theirs)
    said, end = b"", time.monotonic() + 60
    try:
        while not re.search(rb"responses +0 of 60  [\d,]+ tokens, [\d.]+ tokens/s", said):
            assert time.monotonic() < end, said
            if select.select([ours], [], [], 1.0)[0]:
                said += os.read(ours, 4096)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
