"""A small dataset and a run in a workspace of their own, and the real data where it is there."""

from pathlib import Path

import pytest

from stat_engine.config import validate
from stat_engine.formats import into_dataset
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from tests.formats.files import write_jsonl

QUESTIONS = [
    {"id": "q/1", "split": "train", "subject": "algebra", "problem": "1+1?", "solution": "2", "answer": "2"},
    {"id": "q/2", "split": "test", "subject": "algebra", "level": 3, "problem": "2+2?", "answer": "4"},
    {"id": "q/3", "split": "test", "subject": "geometry", "problem": "Sides of a triangle?", "answer": "3"},
]


@pytest.fixture
def workspace(tmp_path: Path) -> WorkspaceFolder:
    """A workspace with the three questions as dataset `toy`."""
    folder = WorkspaceFolder(tmp_path / "workspace")
    into_dataset.import_questions(folder, "toy", write_jsonl(tmp_path / "toy.jsonl", QUESTIONS))
    return folder


@pytest.fixture
def run(workspace: WorkspaceFolder) -> RunFolder:
    """A run on `toy` without responses; its lock file is there, so that listings compare."""
    made = workspace.new_run("r", validate({"dataset": "toy"}))
    with made.lock():
        return made
