"""Small files to import, and what a workspace holds before and after."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stat_engine.store.files import sha256


def write_jsonl(path: Path, rows: Iterable[Any]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def listing(root: Path) -> dict[str, str]:
    """{file: hash} of everything below a folder."""
    return {str(path.relative_to(root)): sha256(path) for path in sorted(root.rglob("*")) if path.is_file()}
