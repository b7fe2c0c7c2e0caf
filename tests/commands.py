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
from stat_engine.cli.answering import answered
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
    """Let `jobs.answer` do its order in this process; `tests/jobs/test_answers.py` starts a process."""

    def run(command: Sequence[str], input: str, **_: object) -> "subprocess.CompletedProcess[str]":
        try:
            said = answered(command[-1], json.loads(input))
        except Exception as error:
            return subprocess.CompletedProcess(command, 2, "", f"stat-studio: {cli.sentence(error)}\n")
        return subprocess.CompletedProcess(command, 0, said, "")

    stand_in = SimpleNamespace(run=run, DEVNULL=subprocess.DEVNULL, TimeoutExpired=subprocess.TimeoutExpired)
    monkeypatch.setattr(answers, "subprocess", stand_in)
