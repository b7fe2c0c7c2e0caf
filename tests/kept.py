"""Workspaces that take long to make, made once for a state of the tree and copied from there.

All workers and all later runs of the tests take them from `.pytest_cache/d/kept`. Each state has a folder
named by a hash of everything that decides what is made: the engine, its prompts, the embedded data, the files that
make the workspaces and the versions of the packages. Nothing is ever changed in there: tests get copies."""

import hashlib
import platform
import shutil
import time
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / ".pytest_cache" / "d" / "kept"
KEEP_S = 3 * 24 * 3600.0
"""Seconds after which states that no test has asked for are removed."""


@cache
def state() -> str:
    """Hash of all that decides what the workspaces are."""
    packages = ("torch", "transformers", "peft", "trl", "numpy", "pandas", "pyarrow")
    digest = hashlib.sha256(repr([platform.python_version(), *map(version, packages)]).encode())
    files = [
        path for folder in ("stat_engine", "data") for path in (ROOT / folder).rglob("*") if path.is_file()
    ]
    for path in sorted([*files, ROOT / "tests" / "conftest.py", Path(__file__)]):
        if path.suffix != ".pyc":
            digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def kept(name: str, make: Callable[[Path], object]) -> Path:
    """The folder that `make` has filled; whoever comes first makes it, the others wait."""
    folder = STORE / state() / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(STORE / f"{state()}-{name}.lock"):
        if not folder.exists():
            remove_unused()
            half = folder.with_suffix(".tmp")
            shutil.rmtree(half, ignore_errors=True)
            make(half)
            half.rename(folder)
        folder.parent.touch()
    return folder


def copy_of(name: str, make: Callable[[Path], object], into: Path) -> Path:
    """A copy that a test may change of the kept folder of this name."""
    shutil.copytree(kept(name, make), into, dirs_exist_ok=True)
    return into


def remove_unused() -> None:
    """Take away the states that have not been asked for lately."""
    for folder in STORE.iterdir():
        if time.time() - folder.stat().st_mtime > KEEP_S:
            shutil.rmtree(folder) if folder.is_dir() else folder.unlink(missing_ok=True)
