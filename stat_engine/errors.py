"""Errors as one sentence each: every error that a user can cause is a `StatError`."""

import warnings
from pathlib import Path


class StatError(Exception):
    """A sentence for the user that says what is wrong and, where there is one, the way out."""


class InputError(StatError):
    """A file that cannot be read as what it should be; names file, line, field, found, expected."""

    def __init__(
        self,
        file: Path | str,
        expected: str,
        found: str,
        line: int | None = None,
        field: str | None = None,
    ) -> None:
        place = f"{file}" + (f", line {line}" if line else "") + (f", field {field}" if field else "")
        self.line = line
        super().__init__(f"{place}: found {found}, expected {expected}")


class Damaged(StatError):
    """A file of the workspace that is not what this program wrote; the message names it and the way out."""


class WriteFailed(StatError, OSError):
    """A file could not be written, as on a full disk; it is as it was before, and the message says so."""


class DamagedFile(UserWarning):
    """A file that cannot be used, or only in part; the message names it and the way out; work goes on."""


class UnreadableLine(DamagedFile):
    """A line of an append-only file that cannot be read; the message names it; the rest is used."""


class NotThereYet(StatError):
    """Something a command needs has not been made; the message carries the command that makes it."""


class Reviewed(StatError):
    """A change would pull the ground from under people's decisions; the message names `--fork`."""


def pass_over(error: StatError) -> None:
    """Warn where the error is a damaged file, so that its figures are not left out without a word.

    Of what has not been made yet nothing is said."""
    if isinstance(error, Damaged):
        warnings.warn(str(error), DamagedFile, stacklevel=3)


def shown(value: object, limit: int = 60) -> str:
    """Show a found value in an error: its repr, control characters escaped, at most `limit` characters."""
    text = ascii(value) if not isinstance(value, str) else repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
