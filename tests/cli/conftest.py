import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stat_engine import cli
from stat_engine.models.checkpoints import ROOT


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Verb = Callable[..., Said]


@pytest.fixture
def stat(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Verb:
    """Run a verb in this process, as `stat-studio` would."""

    def run(*arguments: object, workspace: Path | None = None) -> Said:
        argv = ["stat-studio", *map(str, arguments), *(["--workspace", str(workspace)] if workspace else [])]
        monkeypatch.setattr(sys, "argv", argv)
        status = 0
        try:
            cli.main()
        except SystemExit as end:
            status = int(end.code or 0)
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err)

    return run


@pytest.fixture
def shell() -> Verb:
    """Run a verb as a process of its own."""

    def run(*arguments: object) -> Said:
        command = [sys.executable, "-m", "stat_engine.cli", *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return Said(done.returncode, done.stdout, done.stderr)

    return run
