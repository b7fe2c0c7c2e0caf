"""New splits on a full disk: the stored ones stay as they are."""

import resource
from pathlib import Path

import pytest

from stat_engine.errors import StatError
from stat_engine.store.dataset import Dataset


def test_splits_that_cannot_be_written_leave_the_stored_ones(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path / "d")
    dataset.save_splits({"validation": ["a"], "test": ["b"]}, {"from": "test", "seed": 0})
    before = {path.name: path.read_bytes() for path in (tmp_path / "d" / "splits").iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, limits[1]))
    try:
        with pytest.raises(StatError, match="could not be written"):
            dataset.save_splits({"validation": ["b"], "test": ["a"]}, {"from": "test", "seed": 1})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {path.name: path.read_bytes() for path in (tmp_path / "d" / "splits").iterdir()} == before
