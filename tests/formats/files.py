"""Small files to import, and what a workspace holds before and after."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from stat_engine.errors import InputError
from stat_engine.formats import into_dataset
from stat_engine.store.files import sha256
from stat_engine.store.workspace import WorkspaceFolder


def write_jsonl(path: Path, rows: Iterable[Any]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def assert_refused(workspace: WorkspaceFolder, path: Path, message: str) -> None:
    """The questions of the file are not imported: the error is the path and this, and nothing changes."""
    before = listing(workspace.root)
    with pytest.raises(InputError) as caught:
        into_dataset.import_questions(workspace, "new", path)
    assert str(caught.value) == f"{path}{message}"
    assert listing(workspace.root) == before


def listing(root: Path) -> dict[str, str]:
    """{file: hash} of everything below a folder."""
    return {str(path.relative_to(root)): sha256(path) for path in sorted(root.rglob("*")) if path.is_file()}
