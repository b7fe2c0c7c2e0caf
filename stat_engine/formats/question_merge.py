"""Questions of a file with those of a dataset: sorted by id on disk, each once, in parts."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stat_engine.errors import InputError, shown
from stat_engine.formats.question_columns import (
    N_ROWS,
    SCHEMA,
    NotPlain,
    parts_by_row,
    plain_parts,
    with_split,
)
from stat_engine.formats.row import Row
from stat_engine.formats.rows import Reading
from stat_engine.records import Split
from stat_engine.store import query
from stat_engine.store.tables import StageTable

MARKED = SCHEMA.append(pa.field("is_new", pa.bool_()))


def stage_questions(place: Path, path: Path, reading: Reading, split: Split | None) -> None:
    """Write the questions of the file `path` to `place`, sorted by id; `split` is for rows that name none.

    Raises InputError, also for an id that stands twice."""
    try:
        is_sorted = _staged(place, plain_parts(path, reading), split, reading)
    except NotPlain:
        is_sorted = _staged(place, parts_by_row(path, reading), split)
    if not is_sorted:
        if ids := query.repeated(place, "id"):
            _tell(path, reading, _doubled(path, reading, set(ids)))
        query.sort_file(place, "id", SCHEMA)


def merge_questions(place: Path, table: StageTable, path: Path, reading: Reading) -> int:
    """Add a dataset's questions to those staged at `place`; returns how many of the file are new.

    Raises InputError for a question that the dataset has otherwise."""
    files = table.files()
    n_new: int = pq.read_metadata(place).num_rows
    if not files:
        return n_new
    both, clashing = place.with_name("both.parquet"), set[str]()
    with pq.ParquetWriter(both, MARKED) as writer:
        for file, is_new in [*((file, False) for file in files), (place, True)]:
            for part in _of_today(file):
                writer.write_table(part.append_column(MARKED.field("is_new"), pa.array([is_new] * len(part))))
    query.sort_file(both, "id, is_new", MARKED)
    last = MARKED.empty_table()
    with pq.ParquetWriter(place, SCHEMA) as writer, pq.ParquetFile(both) as file:
        for batch in file.iter_batches(N_ROWS):
            rows = pa.concat_tables([last, pa.Table.from_batches([batch])])
            ids = rows["id"].combine_chunks()
            again = pc.equal(ids.slice(1), ids.slice(0, len(ids) - 1))  # of each row but the first
            at = pc.indices_nonzero(again)
            n_new -= len(at)
            clashing |= _differing(rows.take(at), rows.take(pc.add(at, 1)))
            keep = pa.concat_arrays([pa.array([not len(last)]), pc.invert(again)])
            writer.write_table(rows.filter(keep).select(SCHEMA.names))
            last = rows.slice(len(rows) - 1)
    both.unlink()
    if clashing:
        _tell(path, reading, _clashes(path, reading, clashing, table.folder.parent.name))
    return n_new


def _differing(ours: pa.Table, theirs: pa.Table) -> set[str]:
    """Ids of the pairs that are not the same question."""
    ours, theirs = ours.select(SCHEMA.names), theirs.select(SCHEMA.names)
    if ours.equals(theirs):
        return set()
    pairs = zip(ours.to_pylist(), theirs.to_pylist(), strict=True)
    return {one["id"] for one, other in pairs if one != other}


def _of_today(file: Path) -> Iterator[pa.Table]:
    """A file of questions in parts; a column that an older version did not write has the field's default."""
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(N_ROWS):
            found = pa.concat_tables(
                [SCHEMA.empty_table(), pa.Table.from_batches([batch])], promote_options="default"
            ).select(SCHEMA.names)
            at = SCHEMA.get_field_index("other_solutions")
            lists = pc.coalesce(found["other_solutions"], pa.scalar([], SCHEMA.field(at).type))
            yield found.set_column(at, SCHEMA.field(at), lists).cast(SCHEMA)


def _staged(place: Path, parts: Iterable[pa.Table], split: Split | None, told: Reading | None = None) -> bool:
    """Write parts to a file and tell of each; whether their ids rise, so that none stands twice."""
    is_sorted, last, n_rows = True, "", 0
    with pq.ParquetWriter(place, SCHEMA) as writer:
        for part in parts:
            ids = part["id"].combine_chunks()
            if is_sorted and len(ids):
                rises = pc.all(pc.less(ids.slice(0, len(ids) - 1), ids.slice(1))).as_py() is not False
                is_sorted, last = rises and last < ids[0].as_py(), ids[-1].as_py()
            writer.write_table(with_split(part, split))
            n_rows += len(ids)
            if told:
                told.tell(n_rows)
    return is_sorted


def _tell(path: Path, reading: Reading, errors: Iterator[InputError]) -> None:
    """Raise the first error; a preview notes all."""
    found = False
    for error in errors:
        found = True
        with reading.row():
            raise error
    if not found:
        raise InputError(path, "the file that was read before", "one that changed while it was read")


def _doubled(path: Path, reading: Reading, ids: set[str]) -> Iterator[InputError]:
    """The error of every row whose id, one of these, stood in the file before."""
    seen: dict[str, int] = {}
    for row, id in _with_ids(path, reading):
        if id in seen:
            yield row.refuse("id", f"{shown(id)}, which stands in line {seen[id]} too", "each only once")
        elif id in ids:
            seen[id] = row.line


def _clashes(path: Path, reading: Reading, ids: set[str], dataset: str) -> Iterator[InputError]:
    """The error of every row whose id is one of these, which the dataset has with other content."""
    for row, id in _with_ids(path, reading):
        if id in ids:
            found = f"{shown(id)} with other content than dataset {dataset} has"
            yield row.refuse("id", found, "the same question, or another --dataset name")


def _with_ids(path: Path, reading: Reading) -> Iterator[tuple[Row, str]]:
    """The rows of a file that was read before, without those that a preview left out."""
    for row in Reading(reading.columns, is_preview=True).rows(path):
        with suppress(InputError):
            yield row, row.identifier("id")
