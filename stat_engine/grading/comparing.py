"""Comparisons that need sympy, in a pool of processes with a time limit for each.

sympy may take hours on a hostile answer, in code that no signal handler of Python interrupts. The limit
is therefore the life of the comparing process (`answers.scalars.serve`): it is ended, the verdict is
unknown, and another starts."""

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from queue import Empty, SimpleQueue

import stat_engine
from stat_engine.errors import StatError

MOST = 8
"""Comparing processes at a time, at most; each takes a tenth of a gigabyte."""
Process = subprocess.Popen[str]


class ComparingPool:
    """Processes that compare, started when they are first needed and kept for the next batch."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._idle: SimpleQueue[Process] = SimpleQueue()
        self._width = min(MOST, os.cpu_count() or 1)

    def equal(self, pairs: Sequence[tuple[str, str]]) -> list[bool | None]:
        """Whether the two of each pair mean the same, in order; None where the time or memory was up.

        In any thread. Raises StatError where no process can be started."""
        distinct = list(dict.fromkeys(pairs))
        with ThreadPoolExecutor(self._width) as threads:
            found = dict(zip(distinct, threads.map(self._compared, distinct), strict=True))
        return [found[pair] for pair in pairs]

    def close(self) -> None:
        """End the processes; others start where they are needed again."""
        with suppress(Empty):
            while True:
                _end(self._idle.get_nowait())

    def _compared(self, pair: tuple[str, str]) -> bool | None:
        try:
            process = self._idle.get_nowait()
        except Empty:
            process = _started(self._limit_s)
        assert process.stdin and process.stdout
        line = ""
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(pair) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        if not line:  # it is gone: its time was up
            _end(process)
            return None
        self._idle.put(process)
        found = json.loads(line)
        return None if found is None else bool(found)


@cache
def comparing_pool(limit_s: float) -> ComparingPool:
    """This process's pool for a time limit in seconds a comparison; it ends with the process."""
    pool = ComparingPool(limit_s)
    atexit.register(pool.close)
    return pool


def _started(limit_s: float) -> Process:
    package = str(Path(str(stat_engine.__file__)).parents[1])
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", f"from stat_engine.grading.answers import serve; serve({limit_s!r})"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
        encoding="utf-8",
        start_new_session=True,  # a Ctrl-C is for whoever grades
    )
    assert process.stdout
    if process.stdout.readline() != "ready\n":
        _end(process)
        raise StatError(
            "grader mathematical: its comparing process ended at once, expected math-verify to load; see: "
            "stat-studio doctor"
        )
    return process


def _end(process: Process) -> None:
    process.kill()
    with process:  # its pipes are closed and it is waited for
        pass
