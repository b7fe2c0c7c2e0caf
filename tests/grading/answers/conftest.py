"""Where the real data is."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data files; skips where there is none."""
    beside = Path(__file__).parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("STAT_SHARED_DATA") or beside)
    if not (folder / "math" / "problems.jsonl.gz").exists():
        pytest.skip(f"no real data in {folder}; set STAT_SHARED_DATA to its folder")
    return folder
