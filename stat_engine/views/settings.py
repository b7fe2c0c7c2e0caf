"""The workspace's settings, and what a new run takes from them."""

from pathlib import Path

from stat_engine.config import RunConfig
from stat_engine.store.settings import (
    WorkspaceSettings,
    compose,
    read_settings,
    where_thresholds_are_from,
)
from stat_engine.store.workspace import WorkspaceFolder

__all__ = ["WorkspaceSettings", "new_run", "settings", "thresholds_from"]


def settings(workspace: WorkspaceFolder) -> WorkspaceSettings:
    """The settings in force; raises StatError for a damaged file."""
    return read_settings(workspace.root)


def new_run(workspace: WorkspaceFolder, file: Path | None, dataset: str, overrides: list[str]) -> RunConfig:
    """The configuration that `stat-studio new` would make of a file and `key=value` settings.

    Raises StatError in one sentence where they make none."""
    return compose(workspace.root, file, dataset, overrides)


def thresholds_from(workspace: WorkspaceFolder, config: RunConfig) -> str | None:
    """A sentence where a run's thresholds are those saved for its reward model, else None."""
    return where_thresholds_are_from(workspace.root, config)
