"""The workspace, runs and datasets that a page names; it hands them to views, to `review` and to `jobs`."""

from pathlib import Path

from stat_engine.errors import StatError
from stat_engine.skill_map.editing import runs_of
from stat_engine.store.dataset import Dataset as DatasetFolder
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder

Workspace = WorkspaceFolder
Run = RunFolder
Dataset = DatasetFolder


def workspace(root: str | Path | None = None) -> Workspace:
    """The workspace in a folder; by default in $STAT_WORKSPACE, else in `workspace/`."""
    return WorkspaceFolder(root)


def runs_on(workspace: Workspace, dataset: str) -> dict[str, Run]:
    """The runs on a dataset by name, newest first."""
    return {run.name: run for run in runs_of(workspace, dataset)}


def answered(workspace: Workspace, dataset: str) -> list[str]:
    """Runs that answered the dataset's validation questions, newest first: its split stays as it is."""
    runs = runs_of(workspace, dataset)
    return [run.name for run in runs if run.config.dataset == dataset and _has_responses(run)]


def _has_responses(run: Run) -> bool:
    try:
        return run.responses.manifest() is not None
    except StatError:  # damaged responses are responses
        return True


def dataset_of(workspace: Workspace, run: str | None) -> str | None:
    """The dataset of a run by its name; None without a run, and for one that cannot be read."""
    try:
        return workspace.run_folder(run).config.dataset if run else None
    except StatError:
        return None
