"""Every way in which a file is not what it should be ends in one sentence, before anything is imported."""

import csv
import gzip
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stat_engine.errors import InputError
from stat_engine.formats.rows import MAX_LINE, read_rows
from stat_engine.store.workspace import WorkspaceFolder
from tests.formats.files import assert_refused, write_jsonl

ROW = b'{"id": "a", "problem": "1+1?"}\n'
EXPECTED = "a file of rows (.jsonl, .json, .csv, .tsv, each also .gz, or .parquet)"


def values(path: Path) -> list[tuple[int, object]]:
    return [(row.line, row.values) for row in read_rows(path)]


BAD_FILES = {
    "empty": ("q.jsonl", b"", f": found an empty file, expected {EXPECTED}"),
    "only blank lines": ("q.jsonl", b"\n \r\n\n", ": found no rows, expected at least one row"),
    "empty list": ("q.json", b" []", ": found no rows, expected at least one row"),
    "unknown ending": ("q.xlsx", ROW, f": found a name that ends in '.xlsx', expected {EXPECTED}"),
    "no ending": ("questions", ROW, f": found a name that ends in '', expected {EXPECTED}"),
    "not gzip": (
        "q.jsonl.gz",
        ROW,
        ": found other data (not a gzipped file (b'{\"')), expected a gzip file, as its name says",
    ),
    "truncated gzip": (
        "q.jsonl.gz",
        gzip.compress(ROW * 99, mtime=0)[:-12],
        ": found a gzip file that breaks off, expected a whole gzip file",
    ),
    "gzip without its ending": (
        "q.jsonl",
        gzip.compress(ROW, mtime=0),
        ": found gzip data, expected text; name it .gz to have it unpacked",
    ),
    "not JSON": (
        "q.jsonl",
        ROW + b"id: a\n",
        ", line 2: found 'id: a', which is not JSON (expecting value, column 1), expected one JSON object",
    ),
    "JSON that breaks off": (
        "q.jsonl",
        b'{"id": "a",',
        ', line 1: found \'{"id": "a",\', which is not JSON (expecting property name enclosed in double'
        " quotes, column 12), expected one JSON object",
    ),
    "two objects in a line": (
        "q.jsonl",
        b"{} {}",
        ", line 1: found more text after it ('{}'), expected one JSON object",
    ),
    "a JSON list in a line": (
        "q.jsonl",
        ROW + b"[1]\n",
        ", line 2: found a JSON list, expected one JSON object",
    ),
    "a list of numbers": ("q.jsonl", b"[\n1]\n", ", line 2: found 1, expected one JSON object"),
    "a list in JSON Lines with a bad row": (
        "q.jsonl",
        b"[\n" + ROW.rstrip() + b',\n{"id": "b",\n "problem": 3}]\n',
        ", line 3, field problem: found 3, expected text",
    ),
    "a list in JSON Lines that is no JSON": (
        "q.jsonl",
        b"[\n" + ROW.rstrip() + b',\n{"id": "b",\n "problem": }]\n',
        ', line 4: found \'{"id": "b",\\n "problem": }]\', which is not JSON (expecting value, column 13), expected '
        "one JSON object",
    ),
    "two lists": (
        "q.jsonl",
        b"[" + ROW + b"]\n[" + ROW + b"]\n",
        ', line 3: found more text after it (\'[{"id": "a", "problem": "1...), expected one JSON list',
    ),
    "JSON that breaks off at the line's end": (
        "q.jsonl",
        b'{"id": "a",\n' + ROW,
        ', line 1: found \'{"id": "a",\', which is not JSON (expecting property name enclosed in double'
        " quotes, column 12), expected one JSON object",
    ),
    "a JSON text": ("q.jsonl", b'"a"\n', ", line 1: found 'a', expected one JSON object"),
    "a JSON null": ("q.jsonl", ROW + b"\nnull\n", ", line 3: found null, expected one JSON object"),
    "a list that breaks off": (
        "q.json",
        b"[" + ROW,
        ", line 1: found the end of the file, expected ',' or ']' in the JSON list",
    ),
    "repeated key": (
        "q.jsonl",
        b'{"id": "a", "problem": "x", "id": "b"}',
        ", line 1: found key 'id' twice in one object, expected one JSON object",
    ),
    "deep nesting": (
        "q.jsonl",
        b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        ", line 1: found JSON nested too deep, expected one JSON object",
    ),
    "endless number": (
        "q.jsonl",
        b'{"level": ' + b"1" * 5000 + b"}",
        ", line 1: found a number too long to read, expected one JSON object",
    ),
    "Latin-1": (
        "q.jsonl",
        ROW + '{"id": "b", "problem": "é"}'.encode("latin-1"),
        ", line 2: found byte 0xe9, which is not UTF-8, expected UTF-8 text",
    ),
    "UTF-16": ("q.jsonl", ROW.decode().encode("utf-16"), ": found UTF-16 text, expected UTF-8"),
    "UTF-32": ("q.csv", "id,problem\na,b".encode("utf-32"), ": found UTF-32 text, expected UTF-8"),
    "NUL": (
        "q.jsonl",
        ROW + b'{"id": "a\0"}',
        ", line 2: found a NUL character, expected UTF-8 text",
    ),
    "binary": ("q.csv", bytes(range(256)), ", line 1: found a NUL character, expected UTF-8 text"),
    "binary without NUL": (
        "q.json",
        b"\x89PNG\r\n\x1a\n",
        ", line 1: found byte 0x89, which is not UTF-8, expected UTF-8 text",
    ),
    "escaped NUL": (
        "q.jsonl",
        rb'{"id": "a", "problem": "1\u0000"}',
        ", line 1, field problem: found a NUL character, expected text without one",
    ),
    "half a surrogate pair": (
        "q.jsonl",
        rb'{"id": "a", "problem": "1\ud800"}',
        ", line 1, field problem: found half a surrogate pair ('\\ud800'), expected text without one",
    ),
    "NaN level": (
        "q.jsonl",
        b'{"id": "a", "problem": "x", "level": NaN}',
        ", line 1, field level: found nan, expected a whole number from 0, or null",
    ),
    "infinite level": (
        "q.jsonl",
        b'{"id": "a", "problem": "x", "level": 1e999}',
        ", line 1, field level: found inf, expected a whole number from 0, or null",
    ),
    "long line": (
        "q.jsonl",
        b'{"id": "' + b"a" * MAX_LINE,
        ", line 1: found a longer line, expected at most 16 MB a line",
    ),
    "CSV without a header": (
        "q.csv",
        b"a,1+1?\n",
        ", line 1: found columns 'a, 1+1?', expected a column id",
    ),
    "CSV without a column": (
        "q.csv",
        b"id,text\na,b\n",
        ", line 1: found columns 'id, text', expected a column problem",
    ),
    "CSV with another separator": (
        "q.csv",
        b"id~problem\na~b\n",
        ", line 1: found columns 'id~problem', expected a column id",
    ),
    "CSV with a repeated column": (
        "q.csv",
        b"id,problem,id\na,b,c\n",
        ", line 1: found column 'id' twice, expected each column once",
    ),
    "CSV with a short row": (
        "q.csv",
        b"id,problem,level\na,b\n",
        ", line 2: found 2 cells, expected 3, as the header has",
    ),
    "CSV with a long row": (
        "q.csv",
        b'id,problem\na,"b\nc"\nd,e,f\n',
        ", line 4: found 3 cells, expected 2, as the header has",
    ),
    "CSV with only a header": ("q.csv", b"id,problem\n", ": found no rows, expected at least one row"),
    "CSV with an open quotation mark": (
        "q.csv",
        b'id,problem\na,"b\n',
        ", line 2: found a row that is not CSV (unexpected end of data), expected rows of CSV",
    ),
    "broken Parquet": (
        "q.parquet",
        b"PAR1 and then nothing",
        ": found data that is none (Parquet magic bytes not found in footer. Either the file is corrupted or"
        " this is not a parquet file.), expected a Parquet file",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_file_gets_one_sentence_and_imports_nothing(
    case: str, tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    name, content, message = BAD_FILES[case]
    path = tmp_path / name
    path.write_bytes(content)
    assert_refused(workspace, path, message)


def _missing(path: Path) -> None:
    pass


def _pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "found"),
    [(_missing, "no such file"), (Path.mkdir, "a folder"), (_pipe, "something that is not a plain file")],
)
def test_path_that_is_no_file(make: Callable[[Path], None], found: str, tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    make(path)
    with pytest.raises(InputError) as caught:
        list(read_rows(path))
    assert str(caught.value) == f"{path}: found {found}, expected {EXPECTED}"


def test_path_that_cannot_be_one() -> None:
    with pytest.raises(InputError) as caught:
        list(read_rows(Path("a" * 300 + ".jsonl")))
    assert "file name too long" in str(caught.value)
    with pytest.raises(InputError, match="no such file"):
        list(read_rows(Path("q\0.jsonl")))


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """Root may read every file, so for the time of a test root is another user."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield
    os.seteuid(user)


def test_file_without_permission(ordinary_user: None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_jsonl(Path(folder) / "q.jsonl", [{"id": "a"}])
        path.chmod(0)
        with pytest.raises(InputError) as caught:
            list(read_rows(path))
        found = "found a file that cannot be read (permission denied), expected a text file"
        assert str(caught.value) == f"{path}: {found}"
        Path(folder).chmod(0)
        with pytest.raises(InputError) as caught:
            list(read_rows(path))
        Path(folder).chmod(0o700)
        assert "found a path that cannot be read (permission denied)" in str(caught.value)


def test_column_of_invalid_text_in_parquet(tmp_path: Path) -> None:
    broken = pa.array([b"\xff"]).cast(pa.string(), safe=False)
    pq.write_table(pa.table({"id": broken}), tmp_path / "q.parquet")
    with pytest.raises(InputError, match="found bytes that are not UTF-8, expected UTF-8 text"):
        list(read_rows(tmp_path / "q.parquet"))


def test_parquet_without_a_needed_column(tmp_path: Path) -> None:
    path = tmp_path / "q.parquet"
    pq.write_table(pa.table({"id": ["a"]}), path)
    with pytest.raises(InputError) as caught:
        list(read_rows(path, ("id", "problem")))
    assert str(caught.value) == f"{path}: found columns 'id', expected a column problem"


def test_a_line_of_any_length_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        for _ in range(64):
            packed.write(b" " * 2**20)
    with pytest.raises(InputError, match="found a longer line, expected at most 16 MB a line"):
        list(read_rows(path))


@pytest.mark.parametrize("name", ["q.jsonl", "q.json", "q.JSONL"])
def test_byte_order_mark_line_ends_and_blank_lines_are_fine(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b'\xef\xbb\xbf\n{"id": "a"}\r\n\r\n  \n{"id": "b\xe2\x80\xa8c"}')
    assert values(path) == [(2, {"id": "a"}), (5, {"id": "b\u2028c"})]


def test_json_list_keeps_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "q.json"
    path.write_text('\n[ {"id": "a"},\n\n {"id":\n "b"}, {"id": "c"} ]\n')
    assert values(path) == [(2, {"id": "a"}), (4, {"id": "b"}), (5, {"id": "c"})]


def test_csv_cells_hold_anything_and_empty_ones_are_null(tmp_path: Path) -> None:
    path = tmp_path / "q.csv.gz"
    text = io.StringIO()
    rows = [["id", "problem", "level"], ['"a"', "x,\r\ny" * 60_000, ""], [], ["b", "z", "3"]]
    csv.writer(text).writerows(rows)
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + text.getvalue().encode()))
    first, second = read_rows(path, ("id", "problem"))
    assert first.values == {"id": '"a"', "problem": "x,\r\ny" * 60_000, "level": None}
    assert (second.line, second.values["level"], second.whole("level")) == (60_004, "3", 3)


def test_parquet_rows_have_numbers_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "q.parquet"
    pq.write_table(pa.table({"id": ["a", "b"], "skills": [["x"], None]}), path)
    assert values(path) == [(1, {"id": "a", "skills": ["x"]}), (2, {"id": "b", "skills": None})]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"a": 1}\n{"a": 2}\n{"a', 3),
        ('{"a": 1}\n{"a": 2,\n', 2),
        ('[{"a": 1},\n{"a": 2},\n', 2),
        ('[{"a": 1},\n{"a": 2}\n', 2),
        ('[{"a": 1},\n{"a": 2,\n\n\n', 2),
    ],
)
def test_a_file_that_breaks_off_is_told_in_its_last_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "cut.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=f"cut.jsonl, line {line}: found"):
        list(read_rows(path))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["q.csv", "q.tsv", "q.csv.gz"])
def test_the_header_says_what_separates_the_cells(tmp_path: Path, separator: str, name: str) -> None:
    text = io.StringIO()
    rows = [["id", "a, b; c|d", "answer"], ["1", "x;y,z\tand|w\nline", "0,5"], ["2", "", '"7"']]
    csv.writer(text, delimiter=separator).writerows(rows)
    path, data = tmp_path / name, text.getvalue().encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    expected = [dict(zip(rows[0], (cell or None for cell in row), strict=True)) for row in rows[1:]]
    assert [row.values for row in read_rows(path)] == expected


def test_a_first_line_may_name_the_separator(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("sep=;\nid;problem,text\n1;2,3\n4\n")
    rows = read_rows(path, ["id"])
    first = next(rows)
    assert (first.line, first.values) == (3, {"id": "1", "problem,text": "2,3"})
    with pytest.raises(InputError, match="line 4: found 1 cells, expected 2, as the header has"):
        next(rows)


def test_a_name_in_quotation_marks_is_no_separator(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text('"a;b;c",d\n1,2\n')
    assert [row.values for row in read_rows(path)] == [{"a;b;c": "1", "d": "2"}]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("whole", "rows"),
    [
        ({"data": [{"id": "a"}, {"id": "b"}], "version": 1}, [{"id": "a"}, {"id": "b"}]),
        ({"rows": [{"row_idx": 0, "row": {"id": "a"}, "truncated_cells": []}]}, [{"id": "a"}]),
        ({"id": "a", "problem": "x", "examples": [{"y": 1}]}, [{"id": "a", "problem": "x", "examples": [{"y": 1}]}]),
        ({"key": "a", "tags": ["b"]}, [{"key": "a", "tags": ["b"]}]),
    ],
)  # fmt: skip
def test_one_object_holds_rows_or_is_one(tmp_path: Path, indent: int | None, whole: Any, rows: Any) -> None:
    path = tmp_path / "q.json"
    path.write_text(json.dumps(whole, indent=indent))
    assert [row.values for row in read_rows(path)] == rows


def test_rows_under_two_keys_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "q.json"
    path.write_text('{"data": [{"id": "a"}], "rows": [{"id": "b"}]}')
    with pytest.raises(InputError, match="found lists under 'data, rows', expected the rows under one key"):
        list(read_rows(path))
