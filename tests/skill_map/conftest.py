import shutil
from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.store.dataset import Dataset
from tests.skill_map.small import small_workspace


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return small_workspace(tmp_path_factory.mktemp("small"))


@pytest.fixture
def workspace(made: Workspace, tmp_path: Path) -> Workspace:
    """A workspace with the small dataset, to be changed."""
    shutil.copytree(made.root, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    return workspace.dataset("numeracy")
