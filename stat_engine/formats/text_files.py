"""Text files as streams of lines, plain or gzipped, with one bounded line in memory at a time.

Every problem with a path or its text is an InputError of one sentence."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import BinaryIO, cast

from stat_engine.errors import InputError

MAX_LINE = 16 * 2**20
"""Bytes of one line; a longer one is refused before it is read whole."""
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
                yield cast(BinaryIO, io.BufferedReader(packed, 2**16))
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
