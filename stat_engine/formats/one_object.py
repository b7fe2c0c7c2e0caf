"""A file that is one JSON object over many lines: the rows it holds, or the one row that it is.

Tools wrap their rows: `{"data": [...]}`, `{"rows": [{"row": {...}}]}` of the datasets server,
`{"request_states": [...]}` of HELM."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stat_engine.errors import InputError, shown
from stat_engine.formats.row import OBJECT, displayed

HOLDERS = ("data", "rows", "examples", "instances", "responses", "questions", "results", "request_states")
"""Keys under which the rows of a file are, each a list of objects."""

ROW_FIELDS = ("id", "problem", "problem_id", "response", "messages", "conversations")
"""Fields by which an object is known to be a row itself."""


def rows_of(path: Path, whole: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number from 1, row) of the rows in an object; raises InputError for one that is no object."""
    is_row = any(name in whole for name in ROW_FIELDS)
    held = [] if is_row else [name for name in HOLDERS if _is_rows(whole.get(name))]
    if not held:
        yield 1, whole
        return
    if len(held) > 1:
        raise InputError(path, "the rows under one key", f"lists under {shown(', '.join(held))}")
    for at, value in enumerate(whole[held[0]], 1):
        if not isinstance(value, dict):
            raise InputError(path, OBJECT, displayed(value), field=f"{held[0]}[{at - 1}]")
        inner = value.get("row")
        yield at, inner if isinstance(inner, dict) and "row_idx" in value else value


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
