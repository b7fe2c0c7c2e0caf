"""The pool of comparing processes: right verdicts, a limit that holds, and no process left behind."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from stat_engine.config import GraderConfig
from stat_engine.errors import StatError
from stat_engine.grading import Graded, comparing, open_grader
from stat_engine.grading.comparing import ComparingPool
from tests.factories import a_question

ENDLESS = ("\\binom{99999999}{49999999}", "\\frac{99999999!}{49999999!}")
"""A pair that sympy computes on for minutes, inside integer arithmetic."""


@pytest.fixture
def pool() -> ComparingPool:
    return ComparingPool(2.0)


def children() -> set[int]:
    """Comparing processes of this one, those of other tests' pools included."""
    found = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return {child.pid for child in found if any("answers import serve" in word for word in child.cmdline())}


def test_pairs_are_compared_in_order_and_each_once(pool: ComparingPool) -> None:
    pairs = [("x+1", "1+x"), ("x", "y"), ("\\frac{1}{2}", "0.5"), ("x+1", "1+x")] * 20
    before = children()
    assert pool.equal(pairs) == [True, False, True, True] * 20
    assert 1 <= len(children() - before) <= os.cpu_count()
    pool.close()
    assert children() == before


def test_what_does_not_end_is_unknown_and_the_others_are_told(pool: ComparingPool) -> None:
    begun = time.monotonic()
    assert pool.equal([ENDLESS, ("x+1", "1+x")]) == [None, True]
    assert time.monotonic() - begun < 15
    assert pool.equal([("2x", "x+x")]) == [True]  # another process has taken the place of the one that ended
    pool.close()


def test_the_grader_counts_it_as_unknown_and_not_as_wrong() -> None:
    grader = open_grader(GraderConfig(timeout_s=2))
    question = a_question(answer=ENDLESS[1])
    assert grader.grade([(f"\\boxed{{{ENDLESS[0]}}}", question), ("\\boxed{x}", a_question(answer="x "))]) == [
        Graded(ENDLESS[0], None), Graded("x", True),
    ]  # fmt: skip
    assert grader.agree("x+1", "1+x") and not grader.agree("x", "y")


def test_it_grades_in_a_thread_that_is_not_the_main_one(pool: ComparingPool) -> None:
    found: list[bool | None] = []
    thread = threading.Thread(target=lambda: found.extend(pool.equal([("x+1", "1+x")])))
    thread.start()
    thread.join()
    pool.close()
    assert found == [True]


def test_its_processes_end_with_whoever_grades() -> None:
    code = (
        "import subprocess, os, time\n"
        "from stat_engine.grading.comparing import ComparingPool\n"
        "pool = ComparingPool(5.0)\n"
        "assert pool.equal([('x+1', '1+x')]) == [True]\n"
        "print(pool._idle.get_nowait().pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    command, until = Path(f"/proc/{int(done.stdout)}/cmdline"), time.monotonic() + 10
    while command.exists() and command.read_text():  # empty: ended, and not waited for yet
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_process_that_cannot_load_is_one_sentence(
    pool: ComparingPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing.sys, "executable", "/bin/false")
    with pytest.raises(StatError, match="comparing process ended at once, expected math-verify to load"):
        pool.equal([("x", "y")])
