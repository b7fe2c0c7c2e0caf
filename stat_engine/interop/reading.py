"""How a file of rows is read: under which names its columns stand, and whether a fault ends the reading.

An import stops at the first fault. A preview notes faults and reads on to the end, and keeps what a
person wants to see before anything is written: the columns, the first rows, the first faults."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stat_engine.errors import InputError
from stat_engine.interop.row import Row
from stat_engine.interop.rows import read_rows
from stat_engine.store.files import only_one

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
