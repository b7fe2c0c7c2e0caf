import contextlib
import errno
import json
import multiprocessing
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stat_engine.errors import StatError, UnreadableLine
from stat_engine.store.files import (
    append_lines,
    is_held,
    only_one,
    read_json,
    read_lines,
    replacing,
    safe_name,
    unreadable_lines,
    write_json,
)
from tests.full_disk import files_up_to


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert (path.read_text(), [p.name for p in tmp_path.iterdir()]) == ("old", ["a.txt"])
    with replacing(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


def _append(path: Path, writer: int) -> None:
    for at in range(50):
        append_lines(path, json.dumps({"writer": writer, "at": at, "text": "x" * 500}))


def test_lines_appended_by_several_processes_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    processes = [multiprocessing.Process(target=_append, args=(path, writer)) for writer in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    values, torn = read_lines(path)
    assert (len(values), torn) == (150, 0)
    assert [v["at"] for v in values if v["writer"] == 1] == list(range(50))


def test_a_torn_last_line_is_passed_over_counted_and_swallows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"a":1}\n{"a":')
    assert read_lines(path) == ([{"a": 1}], 1)
    append_lines(path, '{"a":2}')
    with pytest.warns(UnreadableLine, match=r"log.jsonl, line 2: found a line that cannot be read"):
        assert read_lines(path) == ([{"a": 1}, {"a": 2}], 0)
    assert unreadable_lines(path) == ([2], 0)


@pytest.mark.parametrize("end", [b"\0" * 40, b"nonsense", b"\xff\xfe"])
def test_a_last_line_that_no_writer_began_is_named_like_any_other(tmp_path: Path, end: bytes) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"a":1}\n' + end)
    with pytest.warns(UnreadableLine, match=r"log.jsonl, line 2: found a line that cannot be read"):
        assert read_lines(path) == ([{"a": 1}], 0)
    assert unreadable_lines(path) == ([2], 0)


@pytest.mark.parametrize("line", ["{", "nonsense", '{"a": "1"', "[" * 100_000, "\xff", '{"b": 1}'])
def test_an_unreadable_line_is_named_and_the_others_are_used(tmp_path: Path, line: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"a":1}\n' + line.encode("latin-1") + b'\n\n{"a":3}\n{"a":')

    def of(value: Any) -> int:
        if "a" not in value:
            raise ValueError
        return int(value["a"])

    with pytest.warns(UnreadableLine, match=r"log.jsonl, line 2: found"):
        assert read_lines(path, of) == ([1, 3], 1)
    assert unreadable_lines(path, of) == ([2], 1)


def test_an_append_that_the_disk_cannot_take_is_cut_back(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"a":1}\n{"torn')
    before = path.read_bytes()
    refused = pytest.raises(StatError, match=r"log.jsonl: could not be written .* free disk space")
    with files_up_to(2000), refused as failed:
        append_lines(path, *("x" * 300 for _ in range(20)))
    assert path.read_bytes() == before
    assert isinstance(failed.value, OSError) and failed.value.errno == errno.EFBIG
    append_lines(path, '{"a":2}')
    assert path.read_bytes() == before + b'\n{"a":2}\n'


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB; skips where this user may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("room", [0, 4096, 8192, 16384])
def test_on_a_full_disk_nothing_is_half_written(small_disk: Path, room: int) -> None:
    log, card = small_disk / "log.jsonl", small_disk / "card.json"
    append_lines(log, '{"a":1}')
    write_json(card, {"a": 1})
    with (small_disk / "filler").open("wb") as filler, contextlib.suppress(OSError):
        filler.write(b"x" * (65536 - 8192 - room))
        filler.flush()
    with pytest.raises(StatError, match=r"log.jsonl: could not be written \(No space left on device\)"):
        append_lines(log, *('"' + "x" * 1000 + '"' for _ in range(100)))
    with pytest.raises(StatError, match=r"card.json: could not be written \(No space left on device\)"):
        write_json(card, ["x" * 100_000])
    assert (read_lines(log), read_json(card)) == (([{"a": 1}], 0), {"a": 1})
    assert sorted(path.name for path in small_disk.iterdir()) == ["card.json", "filler", "log.jsonl"]


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a" * 65, "a\n", "-x", "ä", "a b"])
def test_a_name_that_could_leave_its_folder_is_refused(name: str) -> None:
    with pytest.raises(StatError, match="^run name "):
        safe_name(name, "run")


def test_a_lock_is_held_by_one_and_freed_at_the_end(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    assert not is_held(lock)
    with only_one(lock, "run demo"):
        assert is_held(lock)
        with (
            pytest.raises(StatError, match="run demo is being worked on by another process"),
            only_one(lock, "run demo"),
        ):
            raise AssertionError("two holders")
    assert not is_held(lock)


def test_a_file_that_is_not_there_reads_as_nothing(tmp_path: Path) -> None:
    assert read_json(tmp_path / "no.json") is None
    assert read_lines(tmp_path / "no.jsonl") == ([], 0)
