import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stat_engine.models.checkpoints import ROOT
from tests.commands import Said, run_here

Verb = Callable[..., Said]


@pytest.fixture
def stat() -> Verb:
    """Run a verb in this process, as `stat-studio` would."""

    def run(*arguments: object, workspace: Path | None = None) -> Said:
        return run_here([*map(str, arguments), *(["--workspace", str(workspace)] if workspace else [])])

    return run


@pytest.fixture
def shell() -> Verb:
    """Run a verb as a process of its own."""

    def run(*arguments: object) -> Said:
        command = [sys.executable, "-m", "stat_engine.cli", *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return Said(done.returncode, done.stdout, done.stderr)

    return run
