"""Files uploaded in a browser, kept under `uploads/` until they are imported.

Each file has its own folder, named by a token, so that files of equal names do not collide. Files that
were never imported are removed after a day."""

import re
import shutil
import time
from pathlib import Path

from stat_engine.errors import StatError
from stat_engine.store.files import replacing, safe_name

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
