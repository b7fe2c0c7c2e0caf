"""Which files of people a command may replace: those that it wrote itself, as long as nobody changed them.

What a command wrote outside the records of the workspace is noted in `exports.jsonl` of the workspace, one
line a file: the command, the path and the SHA-256. Pages and notebooks are not asked."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from stat_engine.errors import StatError
from stat_engine.store.files import append_lines, read_lines, sha256

LOG = "exports.jsonl"


@dataclass
class _Command:
    verb: str
    workspace: Path
    may_overwrite: bool
    files: set[Path] = field(default_factory=set)
    """Places that it may write to."""
    new: set[Path] = field(default_factory=set)
    """Those of them where nothing was."""

    def check(self, path: Path) -> None:
        if path not in self.files and path.is_file() and not self.may_overwrite and not self._wrote(path):
            raise StatError(
                f"{path}: found a file that stat-studio {self.verb} did not write, or that was changed "
                "since, expected no such file; choose another place, or add --overwrite"
            )
        if path not in self.files and not path.exists():
            self.new.add(path)
        self.files.add(path)

    def take_back(self) -> None:
        """Remove the new files of a command that failed, so that the same command can be given again."""
        for path in self.new:
            if path.is_file():
                path.unlink()

    def _wrote(self, path: Path) -> bool:
        """Whether the last thing that was written there is this command's, and still there."""
        place = os.path.realpath(path)
        notes, _ = read_lines(self.workspace / LOG, lambda line: (line["path"], line["verb"], line["sha256"]))
        last = next((note for note in reversed(notes) if note[0] == place), None)
        return last == (place, self.verb, sha256(path))

    def note(self) -> None:
        """Note what was written; a workspace is not made for it."""
        if self.workspace.is_dir():
            made = [path for path in sorted(self.files) if path.is_file()]
            lines = [
                {"verb": self.verb, "path": os.path.realpath(one), "sha256": sha256(one)} for one in made
            ]
            if lines:
                append_lines(self.workspace / LOG, *map(json.dumps, lines))


_RUNNING: ContextVar[_Command | None] = ContextVar("running", default=None)


@contextmanager
def written_by(verb: str, workspace: Path, may_overwrite: bool) -> Iterator[None]:
    """Around the work of a command that writes files for people; they are noted where it succeeds.

    Where it fails, as on a full disk, the files that it made are removed."""
    command = _Command(verb, workspace, may_overwrite)
    token = _RUNNING.set(command)
    try:
        yield
        command.note()
    except BaseException:
        command.take_back()
        raise
    finally:
        _RUNNING.reset(token)


def check_replaceable(path: Path) -> None:
    """Raise StatError for a file that the running command may not replace."""
    command = _RUNNING.get()
    if command is not None:
        command.check(path)
