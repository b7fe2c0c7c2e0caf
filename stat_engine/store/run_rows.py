"""What the table of runs says of a run, kept on disk, so that a hundred runs are not read anew each day."""

import contextlib
from collections.abc import Callable
from typing import Any

from stat_engine.errors import StatError
from stat_engine.records import content_hash
from stat_engine.store.files import read_json, write_json
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder

Row = dict[str, Any]


def kept_row(
    workspace: WorkspaceFolder, run: RunFolder, make: Callable[[RunFolder], Row], made_by: str
) -> Row:
    """The row that `make` gives, made anew when the run, or `made_by`, which names its making, changes.

    Rows are JSON values, in `.rows/` of the workspace; where that cannot be written they are not kept."""
    path, mark = workspace.root / ".rows" / f"{run.name}.json", content_hash(run.version(), made_by)
    with contextlib.suppress(StatError, OSError):
        known = read_json(path)
        if isinstance(known, dict) and known.get("mark") == mark:
            return dict(known["row"])
    row = make(run)
    with contextlib.suppress(OSError):
        write_json(path, {"mark": mark, "row": row})
    return row
