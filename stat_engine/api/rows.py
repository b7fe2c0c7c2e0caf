"""From a frame to plain rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """One dictionary a row, of plain values; None where the frame has nothing."""
    values = frame.astype(object).where(frame.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in values.to_dict("records")]
