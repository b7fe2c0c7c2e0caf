"""Preview of an import: its columns, first rows, first errors and counts.

The import itself runs, with the same readers and the same merging, and stops before writing. The preview
therefore shows what will happen, except that no response is graded."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stat_engine.errors import InputError, StatError, shown
from stat_engine.formats.columns import REQUIRED, Kind, checked, found, suggested
from stat_engine.formats.row import displayed
from stat_engine.formats.rows import N_FAULTS, Reading

MAX_CELL = 200
"""Characters of a cell that is shown."""


def preview(
    kind: Kind, path: Path, columns: Mapping[str, str], read: Callable[[Reading], Mapping[str, object]]
) -> dict[str, Any]:
    """Run an import, `read`, without writing.

    {"file", "kind", "n_rows", "n_errors" (rows that do not fit), "errors" (sentences on the first of them),
    "columns" {our field: the file's column or None}, "required", "ignored" (columns that nothing reads),
    "suggested" {our field: column}, "first" (rows as in the file, cells cut), "would" (what the import
    would report; None where it would refuse)}."""
    reading = Reading(checked(kind, columns), is_preview=True)
    would, errors = None, reading.faults
    try:
        would = dict(read(reading))
    except StatError as error:
        reading.n_faults += 1
        errors = [*errors[: N_FAULTS - 1], str(error)]
    meant = found(kind, reading.names, columns)
    missing = next((name for name in REQUIRED[kind] if meant[name] is None), None)
    if missing is not None and reading.names:  # once, rather than row by row
        there = shown(", ".join(reading.names), 200)
        errors = [
            str(InputError(path, f"a column {missing}, or another one given for it", f"columns {there}"))
        ]
    return {
        "file": str(path),
        "kind": kind,
        "n_rows": reading.n_rows,
        "n_errors": reading.n_faults,
        "errors": errors,
        "columns": meant,
        "required": list(REQUIRED[kind]),
        "ignored": [name[:MAX_CELL] for name in reading.names if name not in meant.values()],
        "suggested": suggested(kind, reading.names, columns),
        "first": [{name[:MAX_CELL]: _cell(value) for name, value in row.items()} for row in reading.first],
        "would": None if reading.n_faults else would,
    }


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else displayed(value)
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 1]}…"
