"""The trials see the faults that they look for."""

import random
import time
from pathlib import Path

from stat_engine import Workspace
from tests.faults import running, verbs


def test_a_verb_runs_in_a_child_and_changes_its_workspace(fresh: Workspace) -> None:
    before = running.contents(fresh.root)
    ended = running.run(["note", "small", "text"], fresh.root)
    assert (ended.status, ended.fault) == (0, None)
    after = running.contents(fresh.root)
    assert running.difference(after, before) == "lost: runs/small/run.json"
    assert running.difference(after, before, after) is None


def test_a_refusal_is_no_fault_and_silence_or_a_traceback_is(fresh: Workspace) -> None:
    assert running.run(["status", "missing"], fresh.root).fault is None
    assert running.Ended(2, "", "", 0).fault == "silent"
    assert running.Ended(2, "", "stat-studio: unexpected KeyError: 'x'\n", 0).fault == "unexpected"
    assert running.Ended(120, "", "Traceback (most recent call last):\n", 0).fault == "unexpected"
    assert running.Ended(None, "", "", 0).fault == "hung"


def test_a_kill_ends_the_verb_at_once(fresh: Workspace) -> None:
    begun = time.monotonic()
    assert running.run(["run", "small"], fresh.root, kill_after=0.05).status is None
    assert time.monotonic() - begun < 20


def test_lines_that_are_more_than_expected_are_doubled(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"at": "2026-01-01T00:00:00"}\n')
    once = running.contents(tmp_path)
    log.write_text('{"at": "2027-01-01T00:00:00"}\n')
    assert running.contents(tmp_path) == once, "times are not compared"
    log.write_text('{"at": "2026-01-01T00:00:00"}\n' * 2)
    assert running.difference(running.contents(tmp_path), once) == "doubled: log.jsonl"


def test_damages_change_the_file_and_bad_inputs_are_many(tmp_path: Path) -> None:
    for seed in range(20):
        path = tmp_path / "file"
        path.write_bytes(b"some words")
        running.damage(path, random.Random(seed))
        assert not path.exists() or path.read_bytes() != b"some words"
    assert len(verbs.bad_inputs()) >= 500
