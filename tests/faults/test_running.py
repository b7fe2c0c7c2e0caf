"""The trials see the faults that they look for."""

import time

from stat_engine import Workspace
from tests.faults import running


def test_a_refusal_is_no_fault_and_silence_or_a_traceback_is(fresh: Workspace) -> None:
    assert running.run(["status", "missing"], fresh.root).fault is None
    assert running.Ended(2, "", "", 0).fault == "silent"
    assert running.Ended(2, "", "stat-studio: unexpected KeyError: 'x'\n", 0).fault == "unexpected"
    assert running.Ended(120, "", "Traceback (most recent call last):\n", 0).fault == "unexpected"
    assert running.Ended(-11, "", "", 0).fault == "unexpected"
    assert running.Ended(None, "", "", 0).fault == "hung"


def test_a_kill_ends_the_verb_at_once(fresh: Workspace) -> None:
    begun = time.monotonic()
    assert running.run(["run", "small"], fresh.root, kill_after=0.05).status is None
    assert time.monotonic() - begun < 20
