"""Changes to the workspace's settings; all of them are checked together before they apply."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stat_engine.errors import StatError
from stat_engine.jobs.launchers import check_launcher
from stat_engine.store.settings import WorkspaceSettings, change_settings, changed, replaced


def override_settings(root: Path, settings: list[str], removed: list[str]) -> WorkspaceSettings:
    """Put `key=value` settings in and take others out; raises StatError for what does not fit."""
    return _change(root, lambda now: changed(now, settings, removed))


def save_values(root: Path, **values: Any) -> WorkspaceSettings:
    """Replace whole settings, as in `budget=5.0`; raises StatError for what does not fit."""
    return _change(root, lambda now: replaced(now, **values))


def save_entry(root: Path, section: str, name: str, values: Mapping[str, Any]) -> WorkspaceSettings:
    """Put an entry among the servers or prices; fields that `values` leaves out stay as they were.

    Raises StatError without a name, and for a price that says only what one direction costs."""
    if not name:
        raise StatError("expected a name, found none")
    if section == "prices" and None in values.values():
        raise StatError(f"{name}: expected a price in and a price out, 0 where it costs nothing")

    def entry(now: WorkspaceSettings) -> WorkspaceSettings:
        own = now.model_dump()[section]
        return replaced(now, **{section: own | {name: {**own.get(name, {}), **values}}})

    return _change(root, entry)


def remove_entry(root: Path, section: str, name: str) -> WorkspaceSettings:
    """Take an entry out of the servers, prices or launchers; runs that took it over keep what they have."""

    def rest(now: WorkspaceSettings) -> WorkspaceSettings:
        own = now.model_dump()[section]
        return replaced(now, **{section: {key: value for key, value in own.items() if key != name}})

    return _change(root, rest)


def _change(root: Path, change: Callable[[WorkspaceSettings], WorkspaceSettings]) -> WorkspaceSettings:
    def checked(now: WorkspaceSettings) -> WorkspaceSettings:
        settings = change(now)
        for name, template in settings.launchers.items():
            check_launcher(name, template)
        return settings

    return change_settings(root, checked)
