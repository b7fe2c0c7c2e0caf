"""Questions of a large file are read by columns, and come out as those that are read row by row."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stat_engine.errors import InputError
from stat_engine.formats import into_dataset, question_columns, question_merge, rows, unpacking
from stat_engine.formats.questions import read_questions
from stat_engine.formats.rows import Reading
from stat_engine.store.workspace import WorkspaceFolder
from tests.formats.files import write_jsonl

PLAIN: list[dict[str, Any]] = [
    {"id": "b/2", "problem": "2+2?", "split": "test", "subject": " Algebra ", "level": 3, "answer": "4"},
    {"id": "a/1", "problem": "Wieviel ist 1+1?\nSag an.", "solution": "é", "other": {"x": [1]}},
    {"id": "c", "problem": "x", "subject": " ", "other_solutions": ["one", "two"], "answer": None},
]
UNUSUAL: dict[str, dict[str, Any]] = {
    "a number as id": {"id": 7}, "a number as answer": {"answer": 27.0}, "a list as answer": {"answer": ["4"]},
    "a level in words": {"level": "Level 5"},
    "an id of another script": {"id": "заg/1"}, "a colon in the id": {"id": "a:1"},
}  # fmt: skip


def imported(path: Path, root: Path, **settings: Any) -> list[Any]:
    into_dataset.import_questions(WorkspaceFolder(root), "new", path, **settings)
    return list(WorkspaceFolder(root).dataset("new").question_table.read())


def by_rows(path: Path) -> list[Any]:
    return sorted(read_questions(path), key=lambda question: question.id)


@pytest.fixture
def no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading row by row is a failure."""

    def fail(path: Path, reading: Reading) -> None:
        raise AssertionError("read row by row")

    monkeypatch.setattr(question_merge, "parts_by_row", fail)


@pytest.mark.usefixtures("no_rows")
@pytest.mark.parametrize("name", ["q.jsonl", "q.json", "q.jsonl.gz"])
def test_plain_files_are_read_by_columns(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    text = "".join(json.dumps(row) + "\n" for row in PLAIN).encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert imported(path, tmp_path / "w") == by_rows(path)


@pytest.mark.usefixtures("no_rows")
@pytest.mark.parametrize(
    "columns", [["id", "problem"], ["id", "problem", "level", "answer", "other_solutions"]]
)
def test_plain_parquet_is_read_by_columns(tmp_path: Path, columns: list[str]) -> None:
    path = tmp_path / "q.parquet"
    pq.write_table(pa.Table.from_pylist([{name: row.get(name) for name in columns} for row in PLAIN]), path)
    assert imported(path, tmp_path / "w") == by_rows(path)


@pytest.mark.parametrize("case", UNUSUAL)
def test_unusual_values_come_out_as_read_by_rows(tmp_path: Path, case: str) -> None:
    path = write_jsonl(tmp_path / "q.jsonl", [*PLAIN, {"id": "d", "problem": "y", **UNUSUAL[case]}])
    with pytest.raises(question_columns.NotPlain):
        list(question_columns.plain_parts(path, Reading()))
    assert imported(path, tmp_path / "w") == by_rows(path)


@pytest.mark.parametrize("problem", ["", " ", "\u00a0", "a\0b", None])
def test_a_problem_that_is_none_is_named(tmp_path: Path, problem: str | None) -> None:
    path = write_jsonl(tmp_path / "q.jsonl", [*PLAIN, {"id": "d", "problem": problem}])
    with pytest.raises(InputError, match="line 4, field problem"):
        imported(path, tmp_path / "w")


def test_two_objects_on_a_line_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"id": "a", "problem": "x"}{"id": "b", "problem": "y"}{"id": "c", "problem": "z"}')
    with pytest.raises(InputError, match="more text after it"):
        imported(path, tmp_path / "w")


def test_an_id_that_stands_twice_far_apart_is_named_with_both_lines(tmp_path: Path) -> None:
    many = [{"id": f"q{n:05d}", "problem": "x"} for n in range(60_000)]
    path = write_jsonl(tmp_path / "q.jsonl", [*many, {"id": "q00007", "problem": "y"}])
    with pytest.raises(InputError) as caught:
        imported(path, tmp_path / "w")
    assert str(caught.value) == (
        f"{path}, line 60001, field id: found 'q00007', which stands in line 8 too, expected each only once"
    )
    assert not (tmp_path / "w").exists()


def test_rows_without_a_split_get_the_given_one(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "q.jsonl", PLAIN)
    found = imported(path, tmp_path / "w", split="train")
    assert [(question.id, question.split) for question in found] == [
        ("a/1", "train"),
        ("b/2", "test"),
        ("c", "train"),
    ]


def test_what_a_compressed_file_unpacks_to_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(unpacking.UNPACKED_SETTING, "0.001")
    text = "".join(
        json.dumps({"id": f"q{n}", "problem": f"{n:0600x}"[::-1] + f"{n**90:0400x}"}) + "\n"
        for n in range(2000)
    )
    packed = tmp_path / "q.jsonl.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    table = tmp_path / "q.parquet"
    pq.write_table(pa.Table.from_pylist([json.loads(line) for line in text.splitlines()]), table)
    for path in (packed, table):
        with pytest.raises(InputError) as caught:
            imported(path, tmp_path / "w")
        assert str(caught.value) == (
            f"{path}: found more, expected at most 0.001 GB unpacked; stat-studio settings max_unpacked_gb=N, "
            "or STAT_STUDIO_MAX_UNPACKED_GB, allows more"
        )
    assert not (tmp_path / "w").exists()
    monkeypatch.setenv(unpacking.UNPACKED_SETTING, "1")
    assert len(imported(packed, tmp_path / "w")) == 2000


def test_a_long_reading_says_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "SECONDS_A_WORD", 0.0)
    said: list[str] = []
    path = write_jsonl(tmp_path / "q.jsonl", [{"id": f"q{n:05d}", "problem": "x"} for n in range(30_000)])
    imported(path, tmp_path / "w", reading=Reading(say=said.append))
    assert said[-1] == "30,000 rows read"
    said.clear()
    list(Reading(say=said.append).rows(path))
    assert said == ["10,000 rows read", "20,000 rows read", "30,000 rows read"]


MEASURED = """
import resource, sys
from pathlib import Path
from stat_engine.formats import into_dataset
from stat_engine.store.workspace import WorkspaceFolder
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
into_dataset.import_questions(WorkspaceFolder(Path(sys.argv[2])), "new", Path(sys.argv[1]))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks = []
    for n_rows in (100_000, 400_000):
        path = tmp_path / f"{n_rows}.jsonl"
        with path.open("w") as file:
            file.writelines(
                json.dumps({"id": f"q{n:07d}", "problem": f"{n} " + "x" * 300}) + "\n" for n in range(n_rows)
            )
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, str(path), str(tmp_path / str(n_rows))],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] + 100, "130 MB of rows more"
