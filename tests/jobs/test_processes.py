import os
import subprocess
import sys
from pathlib import Path

from stat_engine.jobs.events import age_s, describe, is_alive


def test_a_process_is_its_id_and_its_start() -> None:
    here = describe()
    assert (here["pid"], is_alive(here)) == (os.getpid(), True)
    assert is_alive({**here, "started": here["started"] + 1.0}) is True  # the clock was set
    assert is_alive({**here, "started": here["started"] - 3.0}) is False
    assert is_alive({**here, "started": None}) is False


def test_an_ended_process_is_dead_before_and_after_anyone_asks_how_it_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    there = describe(child.pid)
    assert is_alive(there)
    assert child.stdin is not None
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and still in the table
    assert not is_alive(there)
    child.wait()
    assert not is_alive(there)


def test_the_age_of_a_file_is_told_by_the_disks_clock(tmp_path: Path) -> None:
    path = tmp_path / "heartbeat"
    assert age_s(path, tmp_path / ".clock") is None
    path.touch()
    then = path.stat().st_mtime - 60
    os.utime(path, (then, then))
    age = age_s(path, tmp_path / ".clock")
    assert age is not None and 60 <= age < 70
