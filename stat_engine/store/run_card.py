"""The card of a run, `run.json`: its configuration, as far as it can be used, and its note and tags."""

import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stat_engine.config import RunConfig
from stat_engine.config.usable import usable
from stat_engine.errors import Damaged, DamagedFile, StatError
from stat_engine.store.checked_json import StoredCard, read_checked
from stat_engine.store.files import in_turn, write_json


class RunCard:
    """One run's card; it is read again each time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name
        self._config: RunConfig | None = None

    @property
    def card(self) -> dict[str, Any]:
        """`run.json`: configuration, versions, parent, when it was made, tags and note."""
        card = read_checked(self.folder / "run.json", StoredCard)
        return card if isinstance(card, dict) else {}

    @property
    def config(self) -> RunConfig:
        """The current configuration; a number in it that is refused today stays, with a warning."""
        config, faults = self._read()
        for fault in faults:
            warnings.warn(fault, DamagedFile, stacklevel=2)
        return config

    @property
    def faults(self) -> list[str]:
        """Sentences on numbers of the card that are refused today, each with the command to correct it."""
        return self._read()[1]

    def sound_config(self) -> RunConfig:
        """The configuration for work on the run; raises StatError where a number of it is refused today."""
        config, faults = self._read()
        if faults:
            raise StatError(faults[0])
        return config

    def _read(self) -> tuple[RunConfig, list[str]]:
        if self._config is not None:
            return self._config, []
        try:
            return usable(self.settings, str(self.folder / "run.json"), self.name)
        except StatError as error:
            way_out = f"set it right with: stat-studio set {self.name} KEY=VALUE"
            raise Damaged(f"{error}; {way_out}") from None

    @property
    def settings(self) -> dict[str, Any]:
        """The configuration as it stands in the card, valid or not; raises StatError where there is none."""
        if self._config is not None:
            return self._config.model_dump()
        settings = self.card.get("config")
        if not isinstance(settings, dict):
            place = self.folder / "run.json"
            raise Damaged(
                f"{place}: found a damaged file, expected a run's card with its configuration; restore it "
                "from a copy"
            )
        return _of_today(settings)

    def save_config(self, config: RunConfig) -> None:
        """Put another configuration in force; stages whose slice changed are stale from then on."""
        self.change_card(lambda card: {**card, "config": config.model_dump()})

    def change_card(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """Put a changed card in force; of two who change it at once, neither undoes the other's change."""
        with in_turn(self.folder / ".card.lock"):
            card = change(self.card)
            write_json(self.folder / "run.json", card)
        return card

    @property
    def parent(self) -> str | None:
        """The run that it was copied from; None for none, and for a card that cannot be read."""
        try:
            said = self.card.get("parent")
        except StatError:
            return None
        return said if isinstance(said, str) else None

    @property
    def created(self) -> str:
        """When the run was made, in UTC; when its card last changed, for one that does not say."""
        path = self.folder / "run.json"
        try:
            said = self.card.get("created")
        except StatError:  # a damaged card; who opens the run is told
            said = None
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return said if isinstance(said, str) else changed.isoformat(timespec="milliseconds")


def _of_today(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a card; one that is older than a setting whose default changed keeps what it did."""
    section = settings.get("training_set")
    if not isinstance(section, dict) or "reference_draw" in section:
        return settings
    return {**settings, "training_set": {**section, "reference_draw": "each"}}
