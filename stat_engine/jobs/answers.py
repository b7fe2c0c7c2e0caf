"""Short questions to the engine, answered in a separate process, for pages that must not load models."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stat_engine.errors import StatError

PATIENCE = 120.0
"""Seconds after which an answer is no longer waited for."""


def answer(root: Path, arguments: Sequence[str], patience: float = PATIENCE) -> dict[str, Any]:
    """What `stat-studio ARGUMENTS --json` prints for this workspace.

    Raises StatError with the verb's own sentence where it refuses, and where it takes too long."""
    verb = [sys.executable, "-P", "-m", "stat_engine.cli", *arguments, "--json", "--workspace", str(root)]
    try:
        done = subprocess.run(
            verb,
            capture_output=True,
            text=True,
            timeout=patience,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StatError(f"stat-studio {arguments[0]}: no answer within {patience:.0f} s") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise StatError(last.removeprefix("stat-studio: "))
    return dict(json.loads(done.stdout))
