"""Append-only files are read as they grow, and again where they were rewritten."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stat_engine.errors import UnreadableLine
from stat_engine.store.growing import KEPT, PROBE, Growing, growing


class Counting(Growing[int]):
    """Counts the lines that it reads."""

    def __init__(self, path: Path) -> None:
        self.n_read = 0
        super().__init__(path, self.number)

    def number(self, value: Any) -> int:
        self.n_read += 1
        return int(value["n"])


def lines(*numbers: int, width: int = 0) -> str:
    return "".join(json.dumps({"n": n, "pad": "x" * width}) + "\n" for n in numbers)


def values(file: Growing[int]) -> list[int]:
    with file.now() as now:
        return list(now.values)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


def test_only_what_is_new_is_read(path: Path) -> None:
    file = Counting(path)
    assert values(file) == []
    path.write_text(lines(*range(100), width=200))
    assert values(file) == list(range(100))
    with path.open("a") as handle:
        handle.write(lines(100, 101))
    assert values(file) == values(file) == list(range(102))
    assert file.n_read == 102


def in_place(path: Path, text: str) -> None:
    with path.open("r+") as handle:
        handle.write(text)
        handle.truncate()


def renamed(path: Path, text: str) -> None:
    other = path.with_suffix(".new")
    other.write_text(text)
    other.replace(path)


@pytest.mark.parametrize("rewrite", [in_place, renamed])
@pytest.mark.parametrize(
    "changed",
    [
        lines(7, 1, 2, 3, width=PROBE // 2),  # the beginning
        lines(0, 1, 2, 7, 4, 5, width=PROBE // 2),  # the end of what was read, and more lines
        lines(0, 1, width=PROBE // 2),  # shorter
        lines(0, 7, 2, 3, width=PROBE // 2),  # the middle, at the same length
        "",
    ],
)
def test_a_rewritten_file_is_read_anew(
    path: Path, rewrite: Callable[[Path, str], None], changed: str
) -> None:
    path.write_text(lines(0, 1, 2, 3, width=PROBE // 2))
    os.utime(path, (1, 1))
    file = Counting(path)
    assert values(file) == [0, 1, 2, 3]
    rewrite(path, changed)
    assert values(file) == [json.loads(line)["n"] for line in changed.splitlines()]


def test_a_file_that_went_away_has_no_values(path: Path) -> None:
    path.write_text(lines(1))
    file = Counting(path)
    assert values(file) == [1]
    path.unlink()
    assert values(file) == []


def test_a_torn_last_line_is_read_once_it_is_whole(path: Path) -> None:
    file = Counting(path)
    path.write_text(lines(1) + '{"n": 2')
    assert (values(file), file.n_torn, file.unreadable) == ([1], 1, [])
    with path.open("a") as handle:
        handle.write("}")
    assert (values(file), file.n_torn) == ([1, 2], 0)
    with path.open("a") as handle:
        handle.write("\n" + lines(3) + "no number\n")
    with pytest.warns(UnreadableLine, match=r"log.jsonl, line 4: found a line that"), file.now() as now:
        now.warn()
    assert (values(file), file.n_torn, file.unreadable) == ([1, 2, 3], 0, [4])


def test_a_last_line_that_no_writer_began_is_named_like_any_other(path: Path) -> None:
    file = Counting(path)
    path.write_bytes(lines(1).encode() + b"\0" * 40)
    assert (values(file), file.n_torn, file.unreadable) == ([1], 0, [2])
    with path.open("a") as handle:
        handle.write("\n" + lines(3) + "no number\n")
    assert (values(file), file.n_torn, file.unreadable) == ([1, 3], 0, [2, 4])


def test_a_file_is_read_once_by_all_and_few_files_are_held(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    first = growing(path, "numbers", lambda: Counting(path))
    assert growing(path, "numbers", lambda: Counting(path)) is first
    assert growing(path, "others", lambda: Counting(path)) is not first
    for at in range(KEPT):
        growing(tmp_path / f"{at}", "numbers", lambda: Counting(path))
    assert growing(path, "numbers", lambda: Counting(path)) is not first
