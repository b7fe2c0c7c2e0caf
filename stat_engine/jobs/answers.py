"""Short orders done in a separate process, for pages that must not load models."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from stat_engine.errors import StatError
from stat_engine.orders import Order

PATIENCE = 120.0
"""Seconds after which an answer is no longer waited for."""


def answer(root: Path, order: Order, patience: float = PATIENCE, is_dry: bool = False) -> dict[str, Any]:
    """What the order's verb prints with --json for this workspace; `is_dry`: with --dry-run.

    Raises StatError with the engine's own sentence where it refuses, and where it takes too long."""
    command = [sys.executable, "-P", "-m", "stat_engine.cli.answering", str(root)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=patience,
            input=json.dumps({"order": order.record(), "is_dry": is_dry}),
            env=os.environ | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StatError(f"stat-studio {order.verb}: no answer within {patience:.0f} s") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise StatError(last.removeprefix("stat-studio: "))
    return dict(json.loads(done.stdout))
