"""Bringing imported records into a table that may hold some: add what is new, keep what is there.

The same record again is kept once, so importing a file twice changes nothing. Another record under
the same key is refused: what hangs on the old one, labels among it, would come to mean another thing."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

from stat_engine.errors import InputError, StatError
from stat_engine.interop.rows import Around
from stat_engine.records import Record, content_hash
from stat_engine.store.files import sha256
from stat_engine.store.tables import StageTable

R = TypeVar("R", bound=Record)


def merge(
    there: Iterable[R],
    new: Iterable[R],
    key: Callable[[R], Hashable],
    clash: Callable[[R], StatError],
    around: Around = nullcontext,
) -> tuple[list[R], int]:
    """(all records, how many of them are new); raises `clash(record)` for another one under a taken key."""
    records = {key(record): record for record in there}
    n_before = len(records)
    for record in new:
        if records.setdefault(key(record), record) != record:
            with around():
                raise clash(record)
    return list(records.values()), len(records) - n_before


def write(
    table: StageTable,
    path: Path,
    records: Sequence[Record],
    inputs: Sequence[object] = (),
    notes: Sequence[str] = (),
) -> None:
    """Write a table that came from a file, with the file's name and hash and those of earlier ones.

    `inputs` is what decides the records beside the file and the table as it was."""
    before = table.manifest()
    settings: dict[str, Any] = {"source": path.name, "sha256": sha256(path)}
    if before is not None:
        earlier = dict(before.settings)
        settings["earlier"] = [*earlier.pop("earlier", []), earlier]
    digest = before.digest if before is not None else None
    fingerprint = content_hash(table.name, settings["sha256"], digest, list(inputs))
    table.write(fingerprint, records, settings, list(notes))


def need_rows(path: Path, n_rows: int) -> None:
    """Raise InputError where every row was skipped: such a file belongs to something else."""
    if not n_rows:
        raise InputError(path, "at least one row that belongs here", "only rows to skip")


def skip_notes(n_skipped: int, why: str) -> list[str]:
    """A sentence on the rows left out; none where none were."""
    return [f"rows skipped: {n_skipped:,}, because {why}"] if n_skipped else []
