"""SIGKILL at any moment loses nothing: started again, a run ends with the tables of an undisturbed one."""

import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.config.shipped import ROOT
from tests.conftest import small_workspace
from tests.models.fault_server import Asked, FaultServer, Said
from tests.teaching import settings_for, teach

N_KILLS = 20
CREATED = re.compile(rb'"created": "[^"]+"')
IGNORED = {".lock", "plan.json", "pace.jsonl"}


def is_ignored(path: Path) -> bool:
    """Whether a file is none of a run's results: the temporary file of a killed writer is not one either."""
    return path.name in IGNORED or path.suffix == ".tmp"


def contents(workspace: Workspace) -> dict[str, str]:
    """Hash of every file of the run, less the time it was made, and of the teacher calls."""
    roots = [workspace.root / "runs", workspace.root / "teacher_calls"]
    files = [path for root in roots for path in root.rglob("*") if path.is_file() and not is_ignored(path)]
    return {
        str(path.relative_to(workspace.root)): hashlib.sha256(CREATED.sub(b"", path.read_bytes())).hexdigest()
        for path in files
    }


def start(workspace: Workspace, *options: str) -> "subprocess.Popen[bytes]":
    place = ["--workspace", str(workspace.root)]
    command = [sys.executable, "-m", "stat_engine.cli", "run", "small", *options, *place]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def work_is_there(workspace: Workspace) -> int:
    # os.walk passes over a folder that the run removes while its files are counted
    return sum(len(files) for _, _, files in os.walk(workspace.root / "runs"))


def killed_at_random(workspace: Workspace, rng: random.Random, longest: float) -> bool:
    """Start the run and kill it a random while after it put something new on disk; False: it ended first."""
    process = start(workspace)
    before = work_is_there(workspace)
    # loading takes seconds in which nothing could be lost: the kill is to land in the work
    while work_is_there(workspace) == before and process.poll() is None:
        time.sleep(0.02)
    time.sleep(rng.uniform(0, longest))
    if process.poll() is not None:
        assert process.returncode == 0
        return False
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return True


@pytest.mark.slow
def test_twenty_kills_end_in_the_tables_of_an_undisturbed_run(tmp_path: Path) -> None:
    undisturbed = small_workspace(tmp_path / "undisturbed", 60, 60)
    undisturbed.run("small").configure(["sft.epochs=2"])
    assert start(undisturbed).wait() == 0
    expected, rng = contents(undisturbed), random.Random(0)
    n_kills = n_runs = 0
    while n_kills < N_KILLS:
        disturbed = small_workspace(tmp_path / f"disturbed-{n_runs}", 60, 60)
        disturbed.run("small").configure(["sft.epochs=2"])
        n_runs += 1
        while n_kills < N_KILLS and killed_at_random(disturbed, rng, longest=2.0):
            n_kills += 1
        assert start(disturbed).wait() == 0
        assert contents(disturbed) == expected


@pytest.mark.slow
def test_a_teacher_on_a_server_is_asked_again_only_for_what_was_in_flight(tmp_path: Path) -> None:
    width, n_kills = 8, 6

    def slowly(asked: Asked, before: int) -> Said:
        return replace(teach(asked, before), delay_s=0.25)

    workspace = small_workspace(tmp_path, 200, 60)
    workspace.run("small").run(last="step_rewards")
    with FaultServer(slowly) as server:
        workspace.run("small").configure([*settings_for(server.url), "arms=[stat-syn]"])
        rng = random.Random(0)
        for _ in range(n_kills):
            before, process = len(server.asked), start(workspace, "--until", "training_sets")
            while len(server.asked) < before + rng.randrange(1, 30) and process.poll() is None:
                time.sleep(0.02)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert start(workspace, "--until", "training_sets").wait() == 0
        asked = Counter(json.dumps(one.body, sort_keys=True) for one in server.asked)
    again = sum(asked.values()) - len(asked)
    assert again <= width * n_kills
    kept = [
        json.loads(line) for line in (tmp_path / "teacher_calls" / "served.jsonl").read_text().splitlines()
    ]
    assert max(Counter(call["key"] for call in kept).values()) == 1
    assert len(kept) == len(asked)
