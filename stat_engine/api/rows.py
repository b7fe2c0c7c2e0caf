"""Turn a frame into plain rows, or write it to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from stat_engine.errors import StatError
from stat_engine.store.files import replacing

if TYPE_CHECKING:
    import pandas as pd


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """One dictionary a row, of plain values; None where the frame has nothing."""
    values = frame.astype(object).where(frame.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in values.to_dict("records")]


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame, whole or not at all. Raises StatError where the place cannot be written to."""
    try:
        with replacing(path) as temporary:
            frame.to_csv(temporary, index=False)
    except OSError as error:
        raise StatError(f"{path}: cannot be written ({error.strerror or error})") from None
