"""Write files so that a reader never sees half of one, even when the writer is killed; keep uploads."""

import contextlib
import errno
import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, TypeVar

from stat_engine.config.section import NAME
from stat_engine.errors import Damaged, StatError, UnreadableLine, WriteFailed, shown

V = TypeVar("V")

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Codes of a full disk: no space, a quota, a limit of the file's size."""
STAGING = ".staging-"
"""How the folders of files that are not finished begin."""
FROM_COPY = "restore it from a copy"
"""The way out of a damaged file that nothing makes again."""
LOOKS = 25
"""Attempts to take a lock, 20 ms apart, before it counts as held by a worker."""


def safe_name(name: str, what: str) -> str:
    """The name, if it may become a folder; raises StatError otherwise, so that no text becomes a path."""
    if not NAME.fullmatch(name):
        raise StatError(
            f"{what} name {shown(name)}: expected 1 to 64 letters, digits, '.', '_' or '-', "
            "the first a letter or digit"
        )
    return name


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends without an error.

    Raises WriteFailed where the disk is full."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.errno in FULL:
            raise write_failed(path, error) from None
        raise
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_failed(path: Path, error: OSError) -> WriteFailed:
    """The error of a file that could not be written and is as it was before."""
    failed = WriteFailed(
        f"{path}: could not be written ({error.strerror or error}); it is unchanged; free disk space "
        "(stat-studio disk shows what takes it), then do it again"
    )
    failed.errno = error.errno
    return failed


def write_json(path: Path, value: Any) -> None:
    """Write JSON, indented, keys in the order given, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any | None:
    """What `write_json` wrote; None where there is no such file."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value is None:
            raise ValueError("null, which is never written")
        return value
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Damaged(f"{path}: found a file that cannot be read ({error.strerror or error})") from None
    except (ValueError, RecursionError):
        raise Damaged(
            f"{path}: found a damaged file, expected JSON that this program wrote; {FROM_COPY}"
        ) from None


@contextlib.contextmanager
def staging(root: Path) -> Iterator[Path]:
    """A folder of a workspace for files that are not finished; it is gone afterwards, and a new workspace too
    where nothing else came into it."""
    is_new = not root.exists()
    root.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=STAGING, dir=root, ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    finally:
        if is_new:
            with contextlib.suppress(OSError):
                root.rmdir()


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def append_lines(path: Path, *lines: str) -> None:
    """Append lines for good: locked against other writers, flushed to the disk once for all of them.

    A last line torn by a killed writer is closed first, so it cannot swallow the next one."""
    append_made(path, lambda: lines)


def append_made(path: Path, make: Callable[[], Sequence[str]]) -> None:
    """Append, as `append_lines` does, what `make` returns while no other writer can add to the file.

    Where it raises, nothing is written; it may read the file, and must not append to it itself. Raises
    WriteFailed where not all of it can be written, as on a full disk: the file then has its old length."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("ab+", buffering=0)  # a buffer would be written at closing, after the failure
    except OSError as error:
        if error.errno in FULL:
            raise write_failed(path, error) from None
        raise
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        lines = make()
        end = handle.seek(0, os.SEEK_END)
        is_torn = end > 0 and os.pread(handle.fileno(), 1, end - 1) != b"\n"
        data = b"\n" * is_torn + b"".join(line.encode("utf-8") + b"\n" for line in lines)
        try:
            _write_all(handle, data)
        except OSError as error:
            with contextlib.suppress(OSError):  # a device has no length
                handle.truncate(end)
            raise write_failed(path, error) from None


def _write_all(handle: io.FileIO, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(handle.fileno(), left) :]
    os.fsync(handle.fileno())


def read_lines(path: Path, make: Callable[[Any], V] = lambda value: value) -> tuple[list[V], int]:
    """What `make` gives for each JSON line of an append-only file, and 1 where its last line is torn, else 0.

    Any other line that is no JSON, or that `make` refuses with a ValueError, is passed over with the warning
    UnreadableLine, which names it."""
    values, unreadable, n_torn = _parsed(path, make)
    for number in unreadable:
        warnings.warn(
            f"{path}, line {number}: found a line that cannot be read, so it is passed over; the other lines "
            "are used; restore the line from a copy of the file",
            UnreadableLine,
            stacklevel=2,
        )
    return values, n_torn


def begins_record(line: bytes) -> bool:
    """Whether a last line may be the half of one that a killed writer left: every record is a JSON object."""
    return line.lstrip().startswith(b"{")


def unreadable_lines(
    path: Path, make: Callable[[Any], object] = lambda value: value
) -> tuple[list[int], int]:
    """Numbers of the lines that `read_lines` warns of, from 1, and 1 where the last line is torn, else 0."""
    return _parsed(path, make)[1:]


def _parsed(path: Path, make: Callable[[Any], V]) -> tuple[list[V], list[int], int]:
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return [], [], 0
    values, unreadable = [], []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                values.append(make(json.loads(line)))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                unreadable.append(number)
    is_torn = unreadable[-1:] == [len(lines)] and begins_record(lines[-1])
    return values, unreadable[: len(unreadable) - is_torn], int(is_torn)


@contextlib.contextmanager
def only_one(path: Path, what: str) -> Iterator[None]:
    """Hold a lock that dies with its holder; raises StatError where another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as handle:
        for _ in range(LOOKS):
            if _try_lock(handle, fcntl.LOCK_EX):
                break
            time.sleep(0.02)  # somebody may only be looking (`is_held`): that passes in an instant
        else:
            raise StatError(f"{what} is being worked on by another process; wait for it or stop it")
        yield


@contextlib.contextmanager
def in_turn(path: Path) -> Iterator[None]:
    """Hold a lock that ends with its process, after the present holder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def is_held(path: Path) -> bool:
    """Whether a live process holds the lock at `path`; looking takes a shared lock for an instant."""
    if not path.exists():
        return False
    with path.open("rb") as handle:
        return not _try_lock(handle, fcntl.LOCK_SH)


def _try_lock(handle: IO[Any], kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


MAX_UPLOAD = 200 * 2**20
"""Bytes of one file; a larger one is named by its path on the machine instead."""
MAX_AGE = 86_400.0
"""Seconds after which a file that was left behind is removed."""
_OTHER = re.compile(r"[^A-Za-z0-9._-]+")


def keep_upload(root: Path, token: str, name: str, content: bytes) -> Path:
    """Write a file under its own name, as far as that is a file's name; the same token twice is one file.

    Raises StatError for one that is larger than MAX_UPLOAD."""
    if len(content) > MAX_UPLOAD:
        raise StatError(
            f"upload {name[:60]!r}: found {len(content) / 2**20:,.0f} MB, expected at most "
            f"{MAX_UPLOAD // 2**20} MB; give its path on this machine instead"
        )
    path = root / "uploads" / safe_name(token, "upload") / tame_name(name)
    if not path.exists():
        _forget_old(root / "uploads")
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    return path


def forget_upload(root: Path, token: str) -> None:
    """Remove what was kept under a token, if anything was."""
    shutil.rmtree(root / "uploads" / safe_name(token, "upload"), ignore_errors=True)


def tame_name(name: str) -> str:
    """What is left of a name when only letters, digits, '.', '_' and '-' stay; its ending stays."""
    tame = _OTHER.sub("_", name)[-60:].lstrip("._-")
    return safe_name(tame or "file", "upload")


def _forget_old(folder: Path) -> None:
    for path in folder.glob("*"):
        if path.stat().st_mtime < time.time() - MAX_AGE:
            shutil.rmtree(path, ignore_errors=True)
