"""How much a compressed file may unpack to: the workspace's setting, or what the environment says."""

import gzip
import io
import os
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from stat_engine.errors import InputError, StatError, shown

MAX_UNPACKED_GB = ContextVar("max_unpacked_gb", default=64.0)
"""Gigabytes that a compressed file may unpack to, unless the environment says otherwise."""
UNPACKED_SETTING = "STAT_STUDIO_MAX_UNPACKED_GB"


class Bounded(io.RawIOBase):
    """An unpacked stream that ends with an error where it is longer than a file may be."""

    def __init__(self, stream: gzip.GzipFile, path: Path) -> None:
        self._stream, self._path, self._n = stream, path, 0
        self._limit = _unpacked_limit()  # Arrow reads in a thread of its own, which knows no setting

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; raises InputError beyond the limit."""
        n = self._stream.readinto(buffer)
        self._n += n
        check_unpacked(self._path, self._n, self._limit)
        return n


def check_unpacked(path: Path, n_bytes: int, limit_gb: float | None = None) -> None:
    """Raise InputError where a compressed file unpacks to more than it may."""
    limit = _unpacked_limit() if limit_gb is None else limit_gb
    if not n_bytes <= limit * 2**30:
        way_out = f"stat-studio settings max_unpacked_gb=N, or {UNPACKED_SETTING}, allows more"
        raise InputError(path, f"at most {limit:g} GB unpacked; {way_out}", "more")


def _unpacked_limit() -> float:
    """Gigabytes; raises StatError where the environment names no number."""
    said = os.environ.get(UNPACKED_SETTING, "")
    try:
        return float(said) if said else MAX_UNPACKED_GB.get()
    except ValueError:
        raise StatError(f"{UNPACKED_SETTING}: found {shown(said)}, expected a number of gigabytes") from None


def check_parquet(path: Path, metadata: Any) -> None:
    """Raise InputError where a Parquet file unpacks to more than a file may, as its footer says."""
    groups = (metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups))
    check_unpacked(path, sum(groups))
