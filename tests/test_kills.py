"""SIGKILL at any moment loses nothing: started again, a run ends with the tables of an undisturbed one."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.models.checkpoints import ROOT
from tests.conftest import small_workspace

N_KILLS = 20
# what a run leaves that is not a table: the clock-free metrics are, the locks and plans are not
IGNORED = {".lock", "plan.json"}


def contents(workspace: Workspace) -> dict[str, str]:
    """Hash of every file of the run and of the teacher calls."""
    roots = [workspace.root / "runs", workspace.root / "teacher_calls"]
    files = [
        path for root in roots for path in root.rglob("*") if path.is_file() and path.name not in IGNORED
    ]
    return {
        str(path.relative_to(workspace.root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def start(workspace: Workspace) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "stat_engine.cli", "run", "small", "--workspace", str(workspace.root)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def work_is_there(workspace: Workspace) -> int:
    return sum(1 for path in (workspace.root / "runs").rglob("*") if path.is_file())


@pytest.mark.slow
def test_twenty_kills_end_in_the_tables_of_an_undisturbed_run(tmp_path: Path) -> None:
    undisturbed, disturbed = (
        small_workspace(tmp_path / name, 60, 60) for name in ("undisturbed", "disturbed")
    )
    began = time.monotonic()
    assert start(undisturbed).wait() == 0
    whole = time.monotonic() - began
    rng = random.Random(0)
    kills = 0
    while kills < N_KILLS:
        process = start(disturbed)
        before, grace = work_is_there(disturbed), time.monotonic() + whole
        # let it get past loading, so that the kill lands in the work, then wait a random while
        while work_is_there(disturbed) == before and time.monotonic() < grace and process.poll() is None:
            time.sleep(0.02)
        time.sleep(rng.uniform(0, whole / N_KILLS))
        if process.poll() is not None:
            break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
    assert start(disturbed).wait() == 0
    assert kills >= N_KILLS // 2, f"only {kills} kills landed"
    assert contents(disturbed) == contents(undisturbed)
