from pathlib import Path

import pytest

from stat_engine.errors import WriteFailed
from stat_engine.store.journal import Journal
from tests.full_disk import files_up_to


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "parts-f" / "00000.jsonl"


def test_rows_are_on_disk_as_soon_as_they_are_added(path: Path) -> None:
    journal = Journal(path)
    journal.add({})
    assert not path.exists()
    journal.add({(0, 1): {"text": "2 \u2603 \ud800\n", "n": 0.1}})
    journal.add({(3, 0): {"text": "", "n": 1e-300}})
    expected = {(0, 1): {"text": "2 \u2603 \ud800\n", "n": 0.1}, (3, 0): {"text": "", "n": 1e-300}}
    assert Journal(path).rows == journal.rows == expected


def test_a_torn_last_line_costs_its_row_and_swallows_no_other(path: Path) -> None:
    first = Journal(path)
    first.add({(0,): {"n": 1}, (1,): {"n": 2}})
    first.close()
    path.write_bytes(path.read_bytes()[:-5])
    second = Journal(path)
    assert second.rows == {(0,): {"n": 1}}
    second.add({(2,): {"n": 3}})
    assert Journal(path).rows == {(0,): {"n": 1}, (2,): {"n": 3}}


@pytest.mark.parametrize(
    "line", ["", "[]", '{"at": 3, "row": {}}', '{"at": ["x"], "row": {}}', '{"at": [1]}']
)
def test_a_line_that_is_no_row_is_passed_over(path: Path, line: str) -> None:
    path.parent.mkdir()
    path.write_text(f'{line}\n{{"at": [4], "row": {{"n": 5}}}}\n')
    assert Journal(path).rows == {(4,): {"n": 5}}


def test_on_a_full_disk_the_rows_before_stay_whole(path: Path) -> None:
    journal = Journal(path)
    journal.add({(0,): {"n": 1}})
    before, size = path.read_bytes(), path.stat().st_size
    with files_up_to(size + 10), pytest.raises(WriteFailed, match="could not be written"):
        journal.add({(1,): {"text": "x" * 100}})
    assert path.read_bytes() == before
    assert journal.rows == {(0,): {"n": 1}}
