"""Append-only files read as they grow: what was read before is kept in memory, and only what is new is read.

A file is known by its inode, and by its first bytes and those before the place that was read up to; where
they differ, or the file is shorter, or it changed without growing, it was rewritten and is read again."""

import json
import os
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, Self, TypeVar, cast

from stat_engine.errors import UnreadableLine
from stat_engine.store.files import begins_record

V = TypeVar("V")
PROBE = 4096
"""Bytes that are compared at the beginning of a file and before the place that was read up to."""
KEPT = 8
"""Files of each process whose content is held in memory."""


class Growing(Generic[V]):
    """The values of one file's JSON lines; `make` turns a line's JSON into a value, or refuses it."""

    def __init__(self, path: Path, make: Callable[[Any], V]) -> None:
        self._lock = threading.RLock()
        self._path, self._make = path, make
        self._forget()

    @contextmanager
    def now(self) -> Iterator[Self]:
        """This file with what is new in it, for one thread at a time; never while the file is locked for
        writing, unless it was read just before."""
        with self._lock:
            self._read_on()
            yield self

    def _read_on(self) -> None:
        try:
            with self._path.open("rb") as handle:
                stat = os.fstat(handle.fileno())
                if not self._is_the_same(handle.fileno(), stat):
                    self._forget()
                if stat.st_size > self._offset:
                    handle.seek(self._offset)
                    self._take(handle.read(stat.st_size - self._offset))
                self._mark(handle.fileno(), stat)
        except FileNotFoundError:
            self._forget()

    def warn(self) -> None:
        """Warn of every line that was passed over, but a torn last one; of each once."""
        new = self.unreadable[self._n_warned :]
        self._n_warned += len(new)
        for number in new:
            warnings.warn(
                f"{self._path}, line {number}: found a line that cannot be read, so it is passed over; the "
                "other lines are used; restore the line from a copy of the file",
                UnreadableLine,
                stacklevel=2,
            )

    def added(self, value: V) -> None:
        """Told of each new value, in order."""
        self.values.append(value)

    def forgotten(self) -> None:
        """Told that the values are read again from the first."""
        self.values: list[V] = []

    def _forget(self) -> None:
        self.unreadable: list[int] = []
        self._n_warned = 0
        self.n_torn = 0
        self._offset = self._n_lines = 0
        self._identity: tuple[int, int, int, int] | None = None
        self._head = self._tail = b""
        self.forgotten()

    def _is_the_same(self, handle: int, stat: os.stat_result) -> bool:
        """Whether what was read is still the beginning of the file."""
        if self._identity is None:
            return True
        device, inode, size, mtime = self._identity
        if (device, inode) != (stat.st_dev, stat.st_ino) or stat.st_size < size:
            return False
        if stat.st_size == size:
            return mtime == stat.st_mtime_ns
        head = os.pread(handle, len(self._head), 0)
        tail = os.pread(handle, len(self._tail), self._offset - len(self._tail))
        return (head, tail) == (self._head, self._tail)

    def _mark(self, handle: int, stat: os.stat_result) -> None:
        n = min(PROBE, self._offset)
        self._head, self._tail = os.pread(handle, n, 0), os.pread(handle, n, self._offset - n)
        self._identity = stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns

    def _take(self, new: bytes) -> None:
        lines = new.split(b"\n")
        last = lines.pop()  # not ended: half of a line that is being written, or a whole one
        for line in lines:
            self._n_lines += 1
            if not self._read(line):
                self.unreadable.append(self._n_lines)
        self._offset += len(new) - len(last)
        # a whole one counts; the newline that ends it later is then an empty line more, of the same number
        self.n_torn = 0
        if last.strip():
            if self._read(last):
                self._offset += len(last)
            elif begins_record(last):
                self.n_torn = 1
            else:
                self.unreadable.append(self._n_lines + 1)
                self._offset += len(last)

    def _read(self, line: bytes) -> bool:
        if line.strip():
            try:
                value = self._make(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                return False
            self.added(value)
        return True


_growing: OrderedDict[Hashable, Growing[Any]] = OrderedDict()
_lock = threading.Lock()
G = TypeVar("G", bound=Growing[Any])


def growing(path: Path, kind: Hashable, make: Callable[[], G]) -> G:
    """What this process knows of a file, made by `make` the first time; the least used ones are forgotten."""
    key = (str(path.absolute()), kind)
    with _lock:
        found = _growing.pop(key, None) or make()
        _growing[key] = found
        while len(_growing) > KEPT:
            _growing.popitem(last=False)
    return cast(G, found)
