import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.config.shipped import ROOT
from tests.commands import Said, run_here
from tests.conftest import copied

Verb = Callable[..., Said]


def assert_refused(said: Said, sentence: str) -> None:
    """The verb wrote nothing but one line of error, which has this sentence, and ended with status 2."""
    assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)
    assert sentence in said.err


@pytest.fixture
def stat() -> Verb:
    """Run a verb in this process, as `stat-studio` would."""

    def run(*arguments: object, workspace: Path | None = None) -> Said:
        return run_here([*map(str, arguments), *(["--workspace", str(workspace)] if workspace else [])])

    return run


@pytest.fixture
def workspace(mapped: Workspace, tmp_path: Path) -> Workspace:
    """A workspace with the small mapped dataset, to be changed."""
    return copied(mapped, tmp_path)


@pytest.fixture
def shell() -> Verb:
    """Run a verb as a process of its own."""

    def run(*arguments: object) -> Said:
        command = [sys.executable, "-m", "stat_engine.cli", *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return Said(done.returncode, done.stdout, done.stderr)

    return run
