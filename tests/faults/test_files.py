"""Folders are compared as people would: times and drawn ids aside, every lost or doubled line is seen."""

import random
from pathlib import Path

import pytest

from stat_engine import Workspace
from tests.faults import files, running


def test_what_a_verb_changes_is_a_difference(fresh: Workspace) -> None:
    before = files.contents(fresh.root)
    assert running.run(["note", "small", "text"], fresh.root).status == 0
    after = files.contents(fresh.root)
    assert files.difference(after, before) == "lost: runs/small/run.json"
    assert files.difference(after, before, after) is None


def test_lines_that_are_more_than_expected_are_doubled(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"at": "2026-01-01T00:00:00"}\n')
    once = files.contents(tmp_path)
    log.write_text('{"at": "2027-01-01T00:00:00"}\n')
    assert files.contents(tmp_path) == once, "times are not compared"
    log.write_text('{"at": "2026-01-01T00:00:00"}\n' * 2)
    assert files.difference(files.contents(tmp_path), once) == "doubled: log.jsonl"


def test_drawings_are_compared_without_the_ids_that_are_new_every_time(tmp_path: Path) -> None:
    path = tmp_path / "figure.svg"
    path.write_text('<g id="clip1a2b3cxy"><path d="M0,1"/></g>')
    once = files.contents(tmp_path)
    path.write_text('<g id="clip9f8e7dxy"><path d="M0,1"/></g>')
    assert files.contents(tmp_path) == once
    path.write_text('<g id="clip9f8e7dxy"><path d="M0,2"/></g>')
    assert files.contents(tmp_path) != once


def test_what_a_killed_writer_leaves_half_made_is_not_compared(tmp_path: Path) -> None:
    before = files.contents(tmp_path)
    (tmp_path / ".out.7.tmp").mkdir()
    (tmp_path / ".out.7.tmp" / "half").write_text("a")
    (tmp_path / ".file.7.tmp").write_text("a")
    assert files.contents(tmp_path) == before


def test_a_signature_sees_every_write_but_those_of_locks(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a")
    before = files.signature(tmp_path)
    (tmp_path / ".lock").write_text("b")
    assert files.signature(tmp_path) == before
    (tmp_path / "file").write_text("ab")
    assert files.signature(tmp_path) != before


@pytest.mark.parametrize("kind", files.DAMAGES)
def test_every_damage_changes_the_file(tmp_path: Path, kind: str) -> None:
    for seed in range(5):
        path = tmp_path / "file"
        path.write_bytes(b"some words")
        files.damage(path, kind, random.Random(seed))
        assert not path.exists() or path.read_bytes() != b"some words"


def test_a_damage_is_seen_where_the_form_of_the_file_shows_it(tmp_path: Path) -> None:
    log, table = tmp_path / "log.jsonl", tmp_path / "table.parquet"
    log.write_text('{"a": 1}\n{"a"')
    table.write_bytes(b"PAR1")
    assert files.is_seen(log, "replaced") and files.is_seen(table, "truncated")
    assert not files.is_seen(log, "truncated"), "a log without its last lines is a log"
    assert not files.is_seen(table, "flipped") and not files.is_seen(table, "deleted")
