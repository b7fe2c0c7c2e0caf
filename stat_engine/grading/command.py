"""Grader `command`: a program reads the response on its standard input and exits with 0 if it is correct.

It finds the reference answer in STAT_REFERENCE and the problem in STAT_PROBLEM, and starts in an empty
folder of its own, which is also its HOME and TMPDIR and is removed afterwards. It can write there alone, and
may read the files that its user may read. Its environment holds PATH, LANG and these, so no key. Memory,
processor time, file sizes and processes are limited, and when its time is up, or it has ended, everything
that it started is killed. Its output is dropped.

There is no shell. A relative program path, and an argument that names a file, are resolved in the folder
in which the grader is opened.
"""

import json
import math
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from stat_engine.config import GraderConfig
from stat_engine.errors import StatError, shown
from stat_engine.grading import cross_checks
from stat_engine.grading.grader import Graded, Solved
from stat_engine.grading.isolation import isolation
from stat_engine.grading.text import same
from stat_engine.records import Question

MAX_VARIABLE = 100_000
"""Bytes of a problem or a reference; Linux takes no variable over 128 KB."""
MAX_FILE_MB = 64
MAX_PROCESSES = 64
"""Counted in the program's own namespace; without one it would count all of the user's. Not for root."""

_RULES = {True: "the program accepts it", False: "the program refuses it", None: "no reference answer"}


class CommandGrader:
    """Runs a program once a response, as many at a time as there are processors."""

    needs_tests = True

    def __init__(self, config: GraderConfig) -> None:
        """Raises StatError where the program is not there, or could write to files it should only read."""
        self._isolation = isolation()
        if not (self._isolation.is_read_only or config.allow_writes):
            raise StatError(
                "grader command: on this machine nothing prevents programs from changing and deleting files "
                "outside their scratch folder (found no bwrap, mount namespaces or Landlock 3 that work); "
                "install bubblewrap, or set grader.allow_writes=true for code that you trust"
            )
        self._timeout = config.timeout_s
        self._limits = json.dumps(_limits(config, self._isolation.is_whole))
        self._program = [_program(config.command[0]), *map(_argument, config.command[1:])]

    @property
    def notice(self) -> str | None:
        """What the program is not shut off from on this machine; None: nothing."""
        return self._isolation.notice

    def grade(self, items: Sequence[tuple[str, Question]]) -> list[Graded]:
        """Right where the program exits with 0; it is not run for a question without a reference.

        Raises StatError for a problem or reference that fits into no environment variable."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            verdicts = list(pool.map(lambda item: self._is_correct(*item), items))
        return [
            Graded(self.extract(text), verdict, _RULES[verdict])
            for (text, _), verdict in zip(items, verdicts, strict=True)
        ]

    def extract(self, text: str) -> str | None:
        """The whole response, trimmed: only the program knows what in it is the answer."""
        return text.strip() or None

    def agree(self, one: str | None, other: str | None) -> bool:
        """The same text but for case and white space: no program runs for this."""
        return one is not None and other is not None and same(one, other)

    def matches(self, items: Sequence[tuple[str, Question]]) -> list[bool]:
        """Whether each text passes the tests of its question; a question without tests confirms nothing."""
        return [grade.is_correct is True for grade in self.grade(items)]

    def faults(self, questions: Sequence[Question]) -> list[str | None]:
        """Why a new question's tests check nothing: there are none, or they accept an empty response."""
        return cross_checks.faults(questions, self._accepts)

    def agreeing(self, items: Sequence[Solved]) -> list[list[list[int]]]:
        """Solutions that pass the question's tests, their own and those of one another."""
        return cross_checks.agreeing(items, self._accepts)

    def _accepts(self, runs: Sequence[cross_checks.Run]) -> list[bool]:
        """Whether each response passes its tests; not where a text fits into no environment variable."""
        distinct = list(dict.fromkeys(runs))

        def passes(run: cross_checks.Run) -> bool:
            response, problem, tests = run
            fits = is_variable(problem) and is_variable(tests)
            return fits and self._runs(response, problem, tests)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = dict(zip(distinct, pool.map(passes, distinct), strict=True))
        return [found[run] for run in runs]

    def _is_correct(self, text: str, question: Question) -> bool | None:
        if question.answer is None:
            return None
        reference = _variable(question.answer, question, "reference")
        return self._runs(text, _variable(question.problem, question, "problem"), reference)

    def _runs(self, text: str, problem: str, reference: str) -> bool:
        """Whether the program, isolated and limited, exits with 0."""
        with (
            tempfile.TemporaryDirectory(prefix="stat-grader-", ignore_cleanup_errors=True) as folder,
            tempfile.TemporaryFile() as response,
        ):
            response.write(text.encode("utf-8", "replace"))
            response.seek(0)
            environment = {
                "PATH": os.environ.get("PATH", os.defpath),
                "LANG": os.environ.get("LANG", "C.UTF-8"),
                "HOME": folder,
                "TMPDIR": folder,
            }
            environment |= {"STAT_REFERENCE": _encodable(reference), "STAT_PROBLEM": _encodable(problem)}
            process = subprocess.Popen(
                self._isolation.command(folder, self._limits, self._program),
                stdin=response,  # a file, so that no program can keep us by not reading
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
            return _exit_status(process, self._timeout) == 0


def _exit_status(process: "subprocess.Popen[bytes]", timeout_s: float) -> int | None:
    """Exit status; None where the time was up. No process of its group is left afterwards."""
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _limits(config: GraderConfig, has_namespace: bool) -> dict[str, int]:
    found = {
        "RLIMIT_AS": config.memory_mb * 2**20,
        "RLIMIT_CPU": math.ceil(config.timeout_s),
        "RLIMIT_FSIZE": MAX_FILE_MB * 2**20,
        "RLIMIT_CORE": 0,
    }
    return found | {"RLIMIT_NPROC": MAX_PROCESSES} if has_namespace else found


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise StatError(f"grader command: found no program {shown(name)}, expected one that can be run")
    return str(Path(path).absolute())


def _argument(argument: str) -> str:
    try:
        return str(Path(argument).absolute()) if Path(argument).is_file() else argument
    except (OSError, ValueError):  # too long for a path: a program text
        return argument


def is_variable(text: str) -> bool:
    """Whether a text fits into an environment variable."""
    return "\0" not in text and len(text.encode("utf-8", "replace")) <= MAX_VARIABLE


def _encodable(text: str) -> str:
    """The text without half surrogates, which no file can hold."""
    return text.encode("utf-8", "replace").decode()


def _variable(text: str, question: Question, what: str) -> str:
    """The text, where it fits into an environment variable; raises StatError where not."""
    if not is_variable(text):
        encoded = text.encode("utf-8", "replace")
        found = "a NUL character" if b"\0" in encoded else f"{len(encoded):,} bytes"
        raise StatError(
            f"question {shown(question.id)}: found {found} in its {what}, expected at most "
            f"{MAX_VARIABLE:,} bytes of text, as grader command hands it to a program"
        )
    return text
