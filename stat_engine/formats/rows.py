"""Rows of an imported file as a stream: JSON Lines, CSV or Parquet by the name's ending.

JSON Lines and CSV may end in `.gz`, and a `.json` file may also be one JSON list. Only the current row is
in memory, except for such a list, which is read whole up to a limit. `Reading` gives columns other names and
says whether an error ends the reading.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stat_engine.errors import InputError, shown
from stat_engine.formats import text_files
from stat_engine.formats.row import Row, parse_list, parse_object
from stat_engine.store.files import only_one

__all__ = ["Row", "read_rows"]

MAX_LIST = 256 * 2**20
"""Bytes of a JSON list; larger data belongs into JSON Lines."""
Around = Callable[[], AbstractContextManager[None]]
"""Entered around the reading of one row; what it swallows of InputError leaves the row out."""
_FORMATS = (".jsonl", ".json", ".csv", ".parquet")
_BATCH = 1024


def read_rows(path: Path, required: Sequence[str] = (), around: Around = nullcontext) -> Iterator[Row]:
    """Stream the rows of a file; blank lines are passed over.

    `required` are columns that the head of a CSV or Parquet file must name; in JSON Lines each row
    is checked as it is read. Raises InputError for a file that is none of these, and for one
    without rows."""
    expected = "a file of rows (.jsonl, .json, .csv, each also .gz, or .parquet)"
    text_files.check_file(path, expected)
    name = path.name.lower()
    suffix = Path(name.removesuffix(".gz")).suffix
    if suffix not in _FORMATS or name.endswith(".parquet.gz"):
        raise InputError(path, expected, f"a name that ends in {shown(path.suffix)}")
    n_rows = 0
    for row in _rows(path, suffix, required, around):
        n_rows += 1
        yield row
    if not n_rows:
        raise InputError(path, "at least one row", "no rows")


def _rows(path: Path, suffix: str, required: Sequence[str], around: Around) -> Iterator[Row]:
    if suffix == ".parquet":
        return _parquet_rows(path, required)
    if suffix == ".csv":
        return _csv_rows(path, required, around)
    if suffix == ".json" and text_files.first_character(path) == "[":
        listed = parse_list(path, text_files.whole(path, MAX_LIST))
        return (Row(line, values, path) for line, values in listed)
    return _json_rows(path, around)


def _json_rows(path: Path, around: Around) -> Iterator[Row]:
    for line, text in text_files.lines(path):
        values = None
        with around():
            values = parse_object(path, text, line) if text.strip() else None
        if values is not None:
            yield Row(line, values, path)


def _csv_rows(path: Path, required: Sequence[str], around: Around) -> Iterator[Row]:
    csv.field_size_limit(text_files.MAX_LINE)  # the default refuses cells over 128 KB
    reader = csv.reader((text for _, text in text_files.lines(path)), strict=True)
    columns: list[str] | None = None
    while True:
        line = reader.line_num + 1  # a cell in quotation marks may hold line ends
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputError(path, "rows of CSV", f"a row that is not CSV ({error})", line) from None
        if cells is None:
            return
        if not cells or (len(cells) == 1 and not cells[0].strip()):
            continue
        if columns is None:
            columns = [cell.strip() for cell in cells]
            _check_columns(path, columns, required, line)
            continue
        if len(cells) != len(columns):
            with around():
                raise InputError(path, f"{len(columns)}, as the header has", f"{len(cells)} cells", line)
            continue
        yield Row(line, dict(zip(columns, (cell or None for cell in cells), strict=True)), path, True)


def _check_columns(path: Path, columns: list[str], required: Sequence[str], line: int | None) -> None:
    named = [column for column in columns if column]  # an index that pandas wrote has no name
    repeated = next((column for at, column in enumerate(named) if column in named[:at]), None)
    if repeated is not None:
        raise InputError(path, "each column once", f"column {shown(repeated)} twice", line)
    missing = [column for column in required if column not in named]
    if missing:
        raise InputError(path, f"a column {missing[0]}", f"columns {shown(', '.join(named), 200)}", line)


def _parquet_rows(path: Path, required: Sequence[str]) -> Iterator[Row]:
    line = 0
    try:
        with pq.ParquetFile(path) as file:
            _check_columns(path, file.schema_arrow.names, required, None)
            for batch in file.iter_batches(_BATCH):
                for values in _values(batch):
                    line += 1
                    yield Row(line, values, path)
    except UnicodeDecodeError:
        raise InputError(path, "UTF-8 text", "bytes that are not UTF-8", line + 1) from None
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(path, "a Parquet file", f"data that is none ({reason[:120]})") from None


def _values(batch: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = batch.to_pylist()
    return rows


N_FIRST = 5
"""Rows that a preview shows."""
N_FAULTS = 10
"""Faults that a preview words; the others are counted."""
MAX_COLUMNS = 200
"""Columns of a file that are remembered by name."""


@dataclass
class Reading:
    """One reading of one file."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Our field -> the file's column; "": not given. Fields that are not named here go by their own names."""
    is_preview: bool = False
    n_rows: int = 0
    n_faults: int = 0
    faults: list[str] = field(default_factory=list)
    """Sentences on the first rows that do not fit."""
    names: dict[str, None] = field(default_factory=dict)
    """The file's columns, in order of appearance."""
    first: list[dict[str, Any]] = field(default_factory=list)
    """The first rows as they stand in the file."""

    def rows(self, path: Path, required: Sequence[str] = ()) -> Iterator[Row]:
        """Stream the rows of a file with the columns under our names; raises as `read_rows` does."""
        # a preview reads a file without them to its end, for the names of what is there
        theirs = [] if self.is_preview else [self.columns.get(name, name) or name for name in required]
        for row in read_rows(path, theirs, self._unreadable):
            self._note(row)
            yield self._renamed(row) if self.columns else row

    @contextmanager
    def row(self) -> Iterator[None]:
        """Around the work on one row: a fault in it ends an import; a preview notes it and goes on."""
        try:
            yield
        except InputError as error:
            self._fault(error)

    def lock(self, path: Path, what: str) -> AbstractContextManager[None]:
        """The lock under which an import works; a preview writes nothing, not even a lock's file."""
        return nullcontext() if self.is_preview else only_one(path, what)

    @contextmanager
    def _unreadable(self) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            self.n_rows += 1
            self._fault(error)

    def _fault(self, error: InputError) -> None:
        if not self.is_preview:
            raise error
        self.n_faults += 1
        if len(self.faults) < N_FAULTS:
            self.faults.append(str(error))

    def _note(self, row: Row) -> None:
        self.n_rows += 1
        if not self.is_preview:
            return
        if len(self.names) < MAX_COLUMNS:
            self.names |= dict.fromkeys(row.values)
        if len(self.first) < N_FIRST:
            self.first.append(row.values)

    def _renamed(self, row: Row) -> Row:
        kept = {name: value for name, value in row.values.items() if name not in self.columns}
        given = {
            ours: row.values[theirs]
            for ours, theirs in self.columns.items()
            if theirs in row.values and theirs
        }
        return replace(row, values=kept | given)
