from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.store.dataset import Dataset
from tests.conftest import copied


@pytest.fixture
def workspace(mapped: Workspace, tmp_path: Path) -> Workspace:
    """A workspace with the small dataset, to be changed."""
    return copied(mapped, tmp_path)


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    return workspace.dataset("numeracy")
