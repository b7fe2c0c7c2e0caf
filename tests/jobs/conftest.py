import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from stat_engine import jobs
from stat_engine.config import RunConfig
from stat_engine.config.shipped import ROOT
from stat_engine.jobs import jobs as module
from stat_engine.store.files import write_json

Until = Callable[..., dict[str, Any]]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A workspace with an empty run `small`, whose jobs count instead of working; they end with the test."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    counting = str(Path(__file__).parent / "counting.py")
    monkeypatch.setattr(module, "WORKER", [sys.executable, "-u", counting])
    write_json(tmp_path / "runs" / "small" / "run.json", {"config": RunConfig().model_dump()})
    yield tmp_path
    end_all(tmp_path)


def end_all(root: Path) -> None:
    for job in jobs.listed(root):
        if job["is_running"] and job["pid"]:
            kill(job)


def kill(job: dict[str, Any]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(job["pid"], signal.SIGKILL)
    while psutil.pid_exists(job["pid"]) and psutil.Process(job["pid"]).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)


def until(root: Path, id: str, test: str | Callable[[dict[str, Any]], bool], seconds: float = 30) -> Any:
    """The job once it is in a state, or as a test wants it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        job = jobs.job(root, id)
        if job["state"] == test if isinstance(test, str) else test(job):
            return job
        time.sleep(0.05)
    raise AssertionError(f"{id} is {job['state']} after {seconds} s: {job}")
