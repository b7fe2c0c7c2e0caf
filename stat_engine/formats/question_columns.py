"""Questions of a large file as Arrow tables, a part in memory at a time.

Where every value is plain (JSON Lines or Parquet with text where text belongs), whole columns are read and
checked by Arrow. At the first part that is not, `NotPlain` is raised, and the file is read row by row, which
takes every form and names the line and field of a fault."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import pyarrow.parquet as pq

from stat_engine.formats.questions import SPLITS, question_of
from stat_engine.formats.rows import Reading, first_character, opened
from stat_engine.formats.unpacking import check_parquet
from stat_engine.records import Question, Split, arrow_schema

SCHEMA = arrow_schema(Question)
LOOSE = pa.schema([column.with_nullable(True) for column in SCHEMA])
BLOCK = 4 * 2**20
"""Bytes of JSON Lines that are read together."""
N_ROWS = 50_000
"""Rows of a part."""
_PLAIN_ID = r"^[A-Za-z0-9][A-Za-z0-9 _./#=+-]{0,99}$"
_TEXTS = ("id", "split", "subject", "problem", "solution", "answer")


class NotPlain(Exception):
    """A part holds something that only reading by rows takes, or can name as a fault."""


def plain_parts(path: Path, reading: Reading) -> Iterator[pa.Table]:
    """The questions of a file in its order, in parts; raises NotPlain, or InputError.

    Ids may stand twice."""
    name = path.name.lower().removesuffix(".gz")
    if reading.columns or reading.is_preview:
        raise NotPlain
    if name.endswith(".parquet"):
        yield from map(_checked, _of_parquet(path))
    elif name.endswith((".jsonl", ".json")) and first_character(path) == "{":
        yield from map(_checked, _of_json(path))
    else:
        raise NotPlain


def parts_by_row(path: Path, reading: Reading) -> Iterator[pa.Table]:
    """The same, row by row; raises InputError for the first row that does not fit."""
    rows = _questions(path, reading)
    while part := list(islice(rows, N_ROWS)):
        yield pa.Table.from_pylist(part, SCHEMA)


def _questions(path: Path, reading: Reading) -> Iterator[dict[str, Any]]:
    for row in reading.rows(path, required=("id", "problem")):
        question = None
        with reading.row():
            question = question_of(row)
        if question:
            yield question.model_dump()


def with_split(part: pa.Table, split: Split | None) -> pa.Table:
    """A part whose rows without a split have this one."""
    if split is None:
        return part
    return part.set_column(1, SCHEMA.field("split"), pc.fill_null(part["split"], split))


def _of_json(path: Path) -> Iterator[pa.Table]:
    with _arrow_faults(), opened(path) as stream:
        counting = _Counting(stream)
        options = pj.ParseOptions(explicit_schema=LOOSE, unexpected_field_behavior="ignore")
        n_rows = 0
        with pj.open_json(counting, pj.ReadOptions(block_size=BLOCK), options) as reader:
            for batch in reader:
                n_rows += batch.num_rows
                yield pa.Table.from_batches([batch])
        if n_rows > counting.n_lines + 1:
            raise NotPlain  # two objects on one line


def _of_parquet(path: Path) -> Iterator[pa.Table]:
    with _arrow_faults(), pq.ParquetFile(path) as file:
        check_parquet(path, file.metadata)
        there = [name for name in SCHEMA.names if name in file.schema_arrow.names]
        if len(set(file.schema_arrow.names)) < len(file.schema_arrow.names) or not {"id", "problem"} <= {
            *there
        }:
            raise NotPlain
        for batch in file.iter_batches(N_ROWS, columns=there):
            part = pa.Table.from_batches([batch])
            for name in SCHEMA.names:
                if name not in there:
                    part = part.append_column(
                        SCHEMA.field(name), pa.nulls(part.num_rows, SCHEMA.field(name).type)
                    )
            found = part.select(SCHEMA.names)
            if any(not _is_safe(one.type, SCHEMA.field(one.name).type) for one in found.schema):
                raise NotPlain
            yield found


def _is_safe(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether a column of a Parquet file is of the type that the row would have."""
    if pa.types.is_string(wanted):
        return bool(pa.types.is_string(found) or pa.types.is_large_string(found))
    if pa.types.is_list(wanted):  # the name of its items differs from writer to writer
        return bool(pa.types.is_list(found) and _is_safe(found.value_type, wanted.value_type))
    return bool(pa.types.is_integer(found) if pa.types.is_integer(wanted) else found == wanted)


@contextmanager
def _arrow_faults() -> Iterator[None]:
    """What Arrow cannot read may still be fine by rows, or is named there."""
    try:
        yield
    except (pa.ArrowException, UnicodeDecodeError):
        raise NotPlain from None


def _checked(part: pa.Table) -> pa.Table:
    """A part as the rows of questions would be; raises NotPlain where one is not plain."""
    with _arrow_faults():
        part.validate(full=True)
        fine = [
            part["id"].null_count == 0 == part["problem"].null_count,
            pc.all(pc.match_substring_regex(part["id"], _PLAIN_ID)).as_py() is not False,
            not pc.any(pc.match_substring(part["id"], "..")).as_py(),
            not _has_blank(part["problem"]),
            pc.all(pc.is_in(part["split"], pa.array([*SPLITS, None]))).as_py() is not False,
            part["level"].null_count == part.num_rows or pc.min(part["level"]).as_py() >= 0,
            not any(_has_nul(part[name]) for name in _TEXTS),
        ]
        others = part["other_solutions"]
        texts = pc.list_flatten(others)
        fine += [texts.null_count == 0, not _has_nul(texts)]
        if not all(fine):
            raise NotPlain
        subject = pc.utf8_trim_whitespace(part["subject"])
        subject = pc.if_else(pc.equal(subject, ""), pa.scalar(None, pa.string()), subject)
        part = part.set_column(SCHEMA.get_field_index("subject"), SCHEMA.field("subject"), subject)
        if others.null_count:
            lists = pc.coalesce(others, pa.scalar([], others.type))
            part = part.set_column(
                SCHEMA.get_field_index("other_solutions"), SCHEMA.field("other_solutions"), lists
            )
        return part.cast(SCHEMA)


def _has_blank(texts: pa.ChunkedArray) -> bool:
    """Whether a text is white space alone."""
    odd = texts.filter(pc.invert(pc.match_substring_regex(texts, "^[!-~]")))
    return bool(pc.any(pc.equal(pc.utf8_trim_whitespace(odd), "")).as_py())


def _has_nul(texts: pa.ChunkedArray) -> bool:
    """Whether a NUL character stands in a column of text, or near it in memory."""
    given = [chunk for chunk in texts.chunks if chunk.null_count < len(chunk)]
    return any(b"\0" in buffer.to_pybytes() for chunk in given if (buffer := chunk.buffers()[2]))


class _Counting:
    """A stream of bytes that counts its line feeds, for Arrow."""

    closed = False

    def __init__(self, stream: Any) -> None:
        self._stream, self.n_lines = stream, 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data: bytes = self._stream.read(size)
        self.n_lines += data.count(b"\n")
        return data

    def close(self) -> None:
        """Nothing: who opened the stream closes it."""
