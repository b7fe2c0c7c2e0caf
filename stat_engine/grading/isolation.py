"""How the programs of grader `command` are isolated: read-only files, no network, no other processes.

bubblewrap where it is installed, else util-linux `unshare` with read-only mounts or Landlock, else what is
left. Each way is tried once, by a harmless program that must be able to write in its own folder and must
fail to change a file beside it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from stat_engine.grading import limits

SCRATCH = "{scratch}"
"""Stands for the scratch folder in a prefix."""

_WHOLE = ("--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child")
_NETWORK = ("--net",)
_BUBBLEWRAP = (
    *("--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev"),
    *("--proc", "/proc", "--remount-ro", "/proc", "--bind", SCRATCH, SCRATCH, "--chdir", SCRATCH),
)
_PROBE = """
import os, sys
os.fork()
open("own", "a").close()
if sys.argv[1:]:
    def fails(change):
        try:
            change()
        except OSError:
            return
        sys.exit(1)
    beside = sys.argv[1]
    fails(lambda: open(os.path.join(os.path.dirname(beside), "new" + str(os.getpid())), "w"))
    fails(lambda: open(beside, "a"))
    fails(lambda: os.truncate(beside, 0))
    fails(lambda: os.remove(beside))
"""


@dataclass(frozen=True)
class Isolation:
    """How programs are isolated on this machine."""

    prefix: tuple[str, ...] = ()
    """Put before the program and its arguments; SCRATCH stands for its folder."""
    is_whole: bool = False
    """Network, processes and users, all of them."""
    files: Literal["", "bwrap", "mounts", "landlock"] = ""
    """What makes all files outside the scratch folder read-only; empty: nothing does."""

    @property
    def is_read_only(self) -> bool:
        """Whether a program can change no file outside its scratch folder."""
        return bool(self.files)

    def command(self, folder: str, values: str, program: Sequence[str]) -> list[str]:
        """The command that runs a program in its scratch folder under limits (JSON, as limits.py reads them).

        It is to be started in that folder."""
        prefix = [part.replace(SCRATCH, folder) for part in self.prefix]
        files = self.files if self.files in ("mounts", "landlock") else ""
        return [*prefix, *(sys.executable, "-I", "-S", limits.__file__), values, files, *program]

    @property
    def notice(self) -> str | None:
        """What is left open, for people; None where nothing is."""
        open_ = [
            *(["the network"] if not self.prefix else []),
            *(["other processes"] if not self.is_whole else []),
            *(["the files that you may change"] if not self.files else []),
        ]
        if not open_:
            return None
        return (
            f"grader command: programs are not shut off from {' and '.join(open_)} on this machine; install "
            "bubblewrap, or grade code that you do not trust in a container"
        )


@cache
def isolation() -> Isolation:
    """The strongest isolation that works here."""
    return next(way for way in _ways() if _works(way))


def _ways() -> Iterator[Isolation]:
    """All ways, the strongest first; those that keep files read-only before those that do not."""
    bubblewrap, unshare = shutil.which("bwrap"), shutil.which("unshare")
    if bubblewrap:
        yield Isolation((bubblewrap, *_BUBBLEWRAP, "--"), True, "bwrap")
    namespaces = (_WHOLE, _NETWORK) if unshare else ()
    for options in namespaces:
        is_whole = options is _WHOLE
        yield Isolation((str(unshare), *options, "--mount", "--"), is_whole, "mounts")
        yield Isolation((str(unshare), *options, "--"), is_whole, "landlock")
    yield Isolation((), False, "landlock")
    for options in namespaces:
        yield Isolation((str(unshare), *options, "--"), options is _WHOLE)
    yield Isolation()


def _works(way: Isolation) -> bool:
    """Whether a program starts, can write in its folder and, where files are read-only, nowhere else."""
    if way == Isolation():
        return True
    with tempfile.TemporaryDirectory(prefix="stat-grader-") as folder:
        own, beside = Path(folder, "own"), Path(folder, "beside")
        own.mkdir()
        beside.touch()
        program = [sys.executable, "-I", "-S", "-c", _PROBE, *([str(beside)] if way.files else [])]
        try:
            done = subprocess.run(
                way.command(str(own), "{}", program),
                env={"PATH": os.environ.get("PATH", os.defpath)},
                cwd=own,
                capture_output=True,
                timeout=20,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0 and (own / "own").exists() and beside.exists()
