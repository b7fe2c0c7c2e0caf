"""Rows of an imported file as a stream: JSON Lines, CSV or Parquet by the name's ending.

JSON Lines and CSV may end in `.gz`, and a `.json` or `.jsonl` file may also be one JSON list. Only the
current row is in memory, except for such a list, which is read whole up to a limit. `Reading` gives columns
other names and says whether an error ends the reading.
"""

import codecs
import csv
import gzip
import io
import time
import zlib
from bisect import insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from stat_engine.errors import InputError, shown
from stat_engine.formats import separators
from stat_engine.formats.one_object import rows_of
from stat_engine.formats.row import RewardScale, Row, parse_list, parse_object
from stat_engine.formats.unpacking import Bounded, check_parquet
from stat_engine.store.files import only_one, staging

MAX_LINE = 16 * 2**20
"""Bytes of one line; a longer one is refused before it is read whole."""
ROWS = "a file of rows (.jsonl, .json, .csv, .tsv, each also .gz, or .parquet)"
_GZIP = b"\x1f\x8b"
_OTHER_MARKS = {  # UTF-32 first: its little-endian mark begins with that of UTF-16
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def check_file(path: Path, expected: str) -> None:
    """Raise InputError unless the path is a plain file with something in it."""
    try:
        if path.is_dir():
            raise InputError(path, expected, "a folder")
        if not path.exists():
            raise InputError(path, expected, "no such file")
        if not path.is_file():  # a pipe or a device might never end
            raise InputError(path, expected, "something that is not a plain file")
        if path.stat().st_size == 0:
            raise InputError(path, expected, "an empty file")
    except (OSError, ValueError) as error:
        raise InputError(path, expected, f"a path that cannot be read ({_reason(error)})") from None


@contextmanager
def opened(path: Path, expected: str = "a text file") -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where its name ends in `.gz`.

    Raises InputError, also from within the block where reading fails there."""
    check_file(path, expected)
    try:
        with path.open("rb") as raw:
            if path.suffix.lower() != ".gz":
                yield raw
                return
            with gzip.GzipFile(fileobj=raw, mode="rb") as packed:
                yield cast(BinaryIO, io.BufferedReader(Bounded(packed, path), 2**16))
    except EOFError:
        raise InputError(path, "a whole gzip file", "a gzip file that breaks off") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(path, "a gzip file, as its name says", f"other data ({_reason(error)})") from None
    except OSError as error:
        raise InputError(path, expected, f"a file that cannot be read ({_reason(error)})") from None


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """(number from 1, line with its ending) of a UTF-8 text file, split at line feeds only.

    Raises InputError for a line over `MAX_LINE`, other encodings, NUL characters and binary data."""
    with opened(path) as stream:
        for number in count(1):
            raw = stream.readline(MAX_LINE + 1)
            if not raw:
                return
            if len(raw) > MAX_LINE:
                raise InputError(path, f"at most {MAX_LINE // 2**20} MB a line", "a longer line", number)
            yield number, decoded(path, raw, number)


def whole(path: Path, limit: int) -> str:
    """All text of a file of at most `limit` bytes, unpacked; raises InputError as `lines` does."""
    with opened(path) as stream:
        raw = stream.read(limit + 1)
    if len(raw) > limit:
        raise InputError(path, f"at most {limit // 2**20} MB of JSON in one piece", "a larger file")
    return decoded(path, raw, 1)


def first_character(path: Path) -> str:
    """First character that is not white space, looked for in the first bytes; empty where there is none."""
    with opened(path) as stream:
        head = stream.read(4096).removeprefix(codecs.BOM_UTF8).lstrip()
    return head[:1].decode("ascii", "replace")


def decoded(path: Path, raw: bytes, line: int) -> str:
    """The bytes as text without the mark of UTF-8; raises InputError. `line`: the first one of them."""
    if line == 1:
        for mark, name in _OTHER_MARKS.items():
            if raw.startswith(mark):
                raise InputError(path, "UTF-8", f"{name} text")
        if raw.startswith(_GZIP):
            raise InputError(path, "text; name it .gz to have it unpacked", "gzip data")
        raw = raw.removeprefix(codecs.BOM_UTF8)
    at = raw.find(b"\0")
    if at >= 0:
        raise InputError(path, "UTF-8 text", "a NUL character", line + raw.count(b"\n", 0, at))
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        at = error.start
        found = f"byte 0x{raw[at]:02x}, which is not UTF-8"
        raise InputError(path, "UTF-8 text", found, line + raw.count(b"\n", 0, at)) from None


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:1].lower() + text[1:]


__all__ = ["Row", "read_rows"]

MAX_LIST = 256 * 2**20
"""Bytes of a JSON list; larger data belongs into JSON Lines."""
Around = Callable[[], AbstractContextManager[None]]
"""Entered around the reading of one row; what it swallows of InputError leaves the row out."""
Needed = Sequence[str | tuple[str, ...]]
"""Columns that a file must have; in place of one, of several names of which one is enough, the first ours."""
_FORMATS = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
_BATCH = 1024


def read_rows(path: Path, required: Needed = (), around: Around = nullcontext) -> Iterator[Row]:
    """Stream the rows of a file; blank lines are passed over.

    `required` are columns that the head of a CSV or Parquet file must name; in JSON Lines each row
    is checked as it is read. Raises InputError for a file that is none of these, and for one
    without rows."""
    expected = ROWS
    check_file(path, expected)
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


def _rows(path: Path, suffix: str, required: Needed, around: Around) -> Iterator[Row]:
    if suffix == ".parquet":
        return _parquet_rows(path, required)
    if suffix in (".csv", ".tsv"):
        return _csv_rows(path, required, around)
    if first_character(path) == "[":  # some tools write such a list as .jsonl too
        listed = parse_list(path, whole(path, MAX_LIST))
        return (Row(line, values, path) for line, values in listed)
    if suffix == ".json":
        with suppress(InputError):  # JSON Lines, or too long
            held = parse_object(path, whole(path, MAX_LIST), 1)
            return (Row(at, values, path) for at, values in rows_of(path, held))
    return _json_rows(path, around)


def _json_rows(path: Path, around: Around) -> Iterator[Row]:
    for line, text in lines(path):
        values = None
        with around():
            values = parse_object(path, text.rstrip(), line) if text.strip() else None
        if values is not None:
            yield Row(line, values, path)


def _csv_rows(path: Path, required: Needed, around: Around) -> Iterator[Row]:
    csv.field_size_limit(MAX_LINE)  # the default refuses cells over 128 KB
    texts = (text for _, text in lines(path))
    begin, separator = separators.begin(texts)
    reader = csv.reader(chain(begin, texts), delimiter=separator, strict=True)
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


def _check_columns(path: Path, columns: list[str], required: Needed, line: int | None) -> None:
    named = [column for column in columns if column]  # an index that pandas wrote has no name
    repeated = next((column for at, column in enumerate(named) if column in named[:at]), None)
    if repeated is not None:
        raise InputError(path, "each column once", f"column {shown(repeated)} twice", line)
    names = [(column,) if isinstance(column, str) else column for column in required]
    missing = next((names for names in names if not {*names} & {*named}), None)
    if missing:
        raise InputError(path, f"a column {missing[0]}", f"columns {shown(', '.join(named), 200)}", line)


def _parquet_rows(path: Path, required: Needed) -> Iterator[Row]:
    line = 0
    try:
        with pq.ParquetFile(path) as file:
            _check_columns(path, file.schema_arrow.names, required, None)
            check_parquet(path, file.metadata)
            for batch in file.iter_batches(_BATCH):
                for values in batch.to_pylist():
                    line += 1
                    yield Row(line, values, path)
    except UnicodeDecodeError:
        raise InputError(path, "UTF-8 text", "bytes that are not UTF-8", line + 1) from None
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(path, "a Parquet file", f"data that is none ({reason[:120]})") from None


ROWS_A_LOOK = 10_000
SECONDS_A_WORD = 5.0
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
    reward_scale: RewardScale = "probability"
    """What a file's rewards are; the engine's are in [0, 1]."""
    say: Callable[[str], None] | None = None
    """Told how far a long reading is; null: nobody."""
    n_rows: int = 0
    n_faults: int = 0
    _faults: list[tuple[int, str]] = field(default_factory=list)
    n_failed: int = 0
    """Rows of requests that a server refused, which hold no response."""
    names: dict[str, None] = field(default_factory=dict)
    """The file's columns, in order of appearance."""
    first: list[dict[str, Any]] = field(default_factory=list)
    """The first rows as they stand in the file."""
    _told: float = 0.0

    def rows(self, path: Path, required: Needed = ()) -> Iterator[Row]:
        """Stream the rows of a file with the columns under our names; raises as `read_rows` does."""
        # a preview reads a file without them to its end, for the names of what is there
        theirs = [] if self.is_preview else [self._named(one) for one in required if not self._is_made(one)]
        for row in read_rows(path, theirs, self._unreadable):
            self._note(row)
            if self.n_rows % ROWS_A_LOOK == 0:
                self.tell(self.n_rows)
            yield self._renamed(row) if self.columns else row

    def _is_made(self, needed: str | tuple[str, ...]) -> bool:
        return self.numbers_rows and needed == "id"

    @property
    def numbers_rows(self) -> bool:
        """Whether lines are the ids: a column that is given for `id` without a name says so."""
        return self.columns.get("id") == ""

    def _named(self, needed: str | tuple[str, ...]) -> tuple[str, ...]:
        """The file's names of a column that is needed; one that is given comes first."""
        names = (needed,) if isinstance(needed, str) else needed
        meant = [self.columns.get(name, name) or name for name in names]
        return (*meant, *(name.partition(".")[0] for name in meant if "." in name))

    def tell(self, n_rows: int, done: str = "read") -> None:
        """Say how many rows are read, or what else is done, every SECONDS_A_WORD at most."""
        now = time.monotonic()
        self._told = self._told or now
        if self.say and now - self._told >= SECONDS_A_WORD:
            self._told = now
            self.say(f"{n_rows:,} rows {done}")

    @contextmanager
    def row(self) -> Iterator[None]:
        """Around the work on one row: a fault in it ends an import; a preview notes it and goes on."""
        try:
            yield
        except InputError as error:
            self._fault(error)

    def room(self, root: Path) -> AbstractContextManager[Path]:
        """A folder for files that are not finished, in a workspace; a preview's is outside of it."""
        return _elsewhere() if self.is_preview else staging(root)

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

    @property
    def faults(self) -> list[str]:
        """Sentences on the first rows that do not fit, in the order of the file."""
        return [fault for _, fault in self._faults]

    def _fault(self, error: InputError) -> None:
        if not self.is_preview:
            raise error
        self.n_faults += 1
        insort(self._faults, (error.line or 0, str(error)), key=lambda fault: fault[0])
        del self._faults[N_FAULTS:]

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
        found = {ours: _at(row.values, theirs) for ours, theirs in self.columns.items() if theirs}
        given = {ours: value for ours, value in found.items() if value is not _NOWHERE}
        number = {"id": str(row.line)} if self.numbers_rows else {}
        return replace(row, values=kept | given | number)


@contextmanager
def _elsewhere() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder)


_NOWHERE = object()


def _at(values: Mapping[str, Any], name: str) -> Any:
    """The value of a column, `a.b` being b of the object a where no column has this name; else `_NOWHERE`."""
    if name in values:
        return values[name]
    first, _, rest = name.partition(".")
    inner = values.get(first)
    return _at(inner, rest) if rest and isinstance(inner, dict) else _NOWHERE
