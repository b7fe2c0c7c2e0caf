"""The journal of a batch under way: each finished row as one JSON line, on disk as soon as it is made.

A row is handed to the system at once, so a killed process loses none, and flushed to the disk every few
seconds, so that a power cut costs as many seconds of work. When the batch is complete its table is written
and the journal removed."""

import json
import os
import time
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from typing import Any

from stat_engine.store.files import write_failed

SYNC_S = 5.0
"""Seconds between two flushes to the disk."""
Key = tuple[int, ...]
"""A row's place in its batch."""


class Journal:
    """The finished rows of one batch; it has one writer, who holds the run's lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[Key, dict[str, Any]] = _read(path)
        self._file: FileIO | None = None
        self._is_flushed = True
        self._flushed_at = 0.0

    def add(self, rows: Mapping[Key, dict[str, Any]]) -> None:
        """Keep finished rows, by their places in the batch.

        Raises WriteFailed where the disk is full; the rows before these are kept."""
        if not rows:
            return
        file = self._file or self._open()
        end = os.fstat(file.fileno()).st_size
        left = memoryview(b"".join(_line(key, row) for key, row in rows.items()))
        try:
            while left:
                left = left[os.write(file.fileno(), left) :]
        except OSError as error:
            file.truncate(end)
            raise write_failed(self.path, error) from None
        self._is_flushed = False
        self.rows.update(rows)
        self.flush_if_due()

    def flush_if_due(self) -> None:
        """Flush what was added to the disk, where the last time is some seconds ago."""
        now = time.monotonic()
        if self._file and not self._is_flushed and now - self._flushed_at >= SYNC_S:
            os.fsync(self._file.fileno())
            self._is_flushed, self._flushed_at = True, now

    def close(self) -> None:
        """Flush and close the file."""
        if self._file:
            if not self._is_flushed:
                os.fsync(self._file.fileno())
            self._file.close()
            self._file = None

    def _open(self) -> FileIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("ab", buffering=0)
        self._flushed_at = time.monotonic()
        if self._file.tell() and not self.path.read_bytes().endswith(b"\n"):
            self._file.write(b"\n")  # else a line torn by a kill would swallow the next one
        return self._file


def _line(key: Key, row: dict[str, Any]) -> bytes:
    return json.dumps({"at": key, "row": row}).encode("ascii") + b"\n"


def _read(path: Path) -> dict[Key, dict[str, Any]]:
    """The rows of all whole lines; a row of a torn line is made again."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return {}
    rows = {}
    for line in lines:
        try:
            read = json.loads(line)
            rows[tuple(map(int, read["at"]))] = dict(read["row"])
        except (ValueError, TypeError, KeyError):
            continue
    return rows
