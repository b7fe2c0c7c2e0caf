"""What other settings would mean for a run: what changes, what becomes stale, what stands in the way."""

from typing import Any

from stat_engine import config as configuration
from stat_engine.config import RunConfig
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.status import status

FOLDERS = list(configuration.SLICES)
STAGE_OF = {"students": "sft", "evaluations": "evaluation"}
"""Folder -> its stage, where the two have different names."""
NEVER_OVERWRITTEN = ("training_sets", "sft")
"""Stages whose finished outcome the engine does not replace; it asks for another name or a copy."""


def changes(run: RunFolder, config: RunConfig) -> dict[str, Any]:
    """What putting this configuration in force would do; nothing is changed.

    `changed`: {key: [now, then]}; `stale`: stages with an outcome that was made under other settings;
    `n_decisions`: people's decisions that hang on what changes, while there are any it is refused;
    `needs_copy`: whether a stale stage has an outcome that is never overwritten."""
    pairs = configuration.differences(run.config, config)
    hangs = configuration.first_changed(run.config, config) in configuration.REVIEWED
    stale = _stale(run, config)
    return {
        "changed": {key: list(pair) for key, pair in pairs.items()},
        "stale": stale,
        "n_decisions": len(run.label_log.events()) if hangs else 0,
        "needs_copy": any(stage in NEVER_OVERWRITTEN for stage in stale),
    }


def kept(run: RunFolder, config: RunConfig) -> list[str]:
    """Stages with an outcome that a copy under this configuration would keep."""
    changed = configuration.first_changed(run.config, config)
    return _done(run, FOLDERS[: FOLDERS.index(changed) if changed else None])


def _stale(run: RunFolder, config: RunConfig) -> list[str]:
    changed = configuration.first_changed(run.config, config, without=configuration.LISTS)
    return _done(run, FOLDERS[FOLDERS.index(changed) :]) if changed else []


def _done(run: RunFolder, folders: list[str]) -> list[str]:
    begun = {stage["stage"] for stage in status(run)["stages"] if stage["state"] != "waiting"}
    return [stage for stage in (STAGE_OF.get(folder, folder) for folder in folders) if stage in begun]
