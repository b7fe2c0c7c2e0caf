"""The workspace's own settings, `settings.json`: what belongs to this place rather than to a run."""

from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from stat_engine.config.section import Section
from stat_engine.errors import StatError, shown
from stat_engine.store.files import only_one, read_json, write_json


class WorkspaceSettings(Section):
    """Settings of a workspace; no key or password belongs here."""

    launchers: dict[str, str] = {}  # noqa: RUF012 (pydantic copies it)
    """Name -> command template that starts a job elsewhere, as in `srun --gres=gpu:1 {command}`."""


def read_settings(root: Path) -> WorkspaceSettings:
    """The workspace's settings, the defaults where it has none; raises StatError for a file that is none."""
    path = root / "settings.json"
    raw = read_json(path)
    try:
        return WorkspaceSettings() if raw is None else WorkspaceSettings.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        found = shown(first["input"])
        raise StatError(f"{path}, {place}: found {found}, {first['msg'].lower()}") from None


def change_settings(
    root: Path, change: Callable[[WorkspaceSettings], WorkspaceSettings]
) -> WorkspaceSettings:
    """Put changed settings in force; of two who change them at once, neither undoes the other's change."""
    with only_one(root / ".settings.lock", f"{root / 'settings.json'}"):
        settings = change(read_settings(root))
        write_json(root / "settings.json", settings.model_dump())
    return settings
