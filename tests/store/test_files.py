import json
import multiprocessing
from pathlib import Path

import pytest

from stat_engine.errors import StatError
from stat_engine.store.files import (
    append_lines,
    is_held,
    only_one,
    read_json,
    read_lines,
    replacing,
    safe_name,
)


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
    assert read_lines(path) == ([{"a": 1}, {"a": 2}], 1)


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
