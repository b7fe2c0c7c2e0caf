"""Allocations as files: the pairs that a person set for each skill, {subject: {skill: pairs}}."""

import json
from collections.abc import Mapping
from pathlib import Path

from stat_engine.errors import StatError, shown
from stat_engine.records import content_hash
from stat_engine.store.files import safe_name, write_json
from stat_engine.store.run_folder import RunFolder

Allocation = dict[str, dict[str, int]]
"""{subject: {skill: pairs}}"""


def save_allocation(run: RunFolder, name: str, allocation: Mapping[str, Mapping[str, int]]) -> str:
    """Keep an allocation with the run; returns the file's name, which `read_allocation` finds."""
    file = f"{safe_name(name, 'training set')}-{content_hash(allocation)[:8]}.json"
    write_json(run.folder / "allocations" / file, allocation)
    return file


def read_allocation(run: RunFolder, file: Path) -> Allocation:
    """The allocation of a file, or of one kept with the run under that name.

    Raises StatError naming what is no whole number of pairs."""
    kept = run.folder / "allocations" / file.name
    path = kept if kept.exists() and not file.exists() else file
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StatError(
            f"{file}: no such file, and run {run.name} keeps no allocation of that name"
        ) from None
    except ValueError:
        raise StatError(
            f"{path}: found a file that is no JSON, expected {{subject: {{skill: pairs}}}}"
        ) from None
    if not isinstance(value, dict) or not all(isinstance(of, dict) for of in value.values()):
        raise StatError(f"{path}: found {shown(value)}, expected {{subject: {{skill: pairs}}}}")
    for subject, of in value.items():
        for skill, n in of.items():
            if not isinstance(n, int) or isinstance(n, bool) or n < 0:
                raise StatError(
                    f"{path}: {subject}/{skill}: found {shown(n)}, expected a whole number from 0"
                )
    return value
