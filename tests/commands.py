"""Verbs of the command line run in the tests' own process, where the process is not what is tested."""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from stat_engine import cli
from stat_engine.jobs import answers


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run_here(arguments: Sequence[str]) -> Said:
    """What `stat-studio ARGUMENTS` prints, and its exit status."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", ["stat-studio", *arguments])
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
    return Said(status, out.getvalue(), err.getvalue())


def answer_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `jobs.answer` run its verb in this process; `tests/jobs/test_answers.py` runs it as a process."""

    def run(command: Sequence[str], **_: object) -> "subprocess.CompletedProcess[str]":
        said = run_here(command[command.index("stat_engine.cli") + 1 :])
        return subprocess.CompletedProcess(command, said.status, said.out, said.err)

    stand_in = SimpleNamespace(run=run, DEVNULL=subprocess.DEVNULL, TimeoutExpired=subprocess.TimeoutExpired)
    monkeypatch.setattr(answers, "subprocess", stand_in)
