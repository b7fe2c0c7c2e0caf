"""Files of a run's tables that are not as their manifests say, as far as lengths and times show it.

No file is read but a short one that was written after its manifest: it is hashed once by a process. `verify`
compares every byte."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from stat_engine.errors import StatError
from stat_engine.method.stage import STORED
from stat_engine.store.files import read_json, sha256
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.table_files import way_out

SHORT = 64 * 2**20
"""Bytes of a file that is hashed at once."""
LATER_NS = 2 * 10**9
"""How much later than its manifest a file must be written to be looked at."""
WEIGHTS = "adapter/adapter_model.safetensors"


def changed_files(run: RunFolder) -> dict[str, list[str]]:
    """{stage: sentences} on its files that changed, and on those of the stages that it was made from."""
    found: dict[str, list[str]] = {}
    earlier: list[str] = []
    for of in dict.fromkeys((run.dataset, run.pool_dataset)):
        if any(True for folder in ("questions", "skill_map") for _ in _changes(of.folder / folder)):
            earlier.append(f"dataset {of.name}")
    for stage in STORED:
        own = [one for folder in run.outcomes(stage.name) for one in _changes(folder)]
        is_there = any((folder / "manifest.json").exists() for folder in run.outcomes(stage.name))
        after = [
            f"made from {name}, whose file changed since: stat-studio verify {run.name}" for name in earlier
        ]
        if is_there and own + after:
            found[stage.name] = own + after
        earlier += [stage.name] if own else []
    return found


def _changes(folder: Path) -> Iterator[str]:
    """Sentences on the files of one outcome."""
    place = folder / "manifest.json"
    try:
        card = read_json(place)
        for path, length, digest in _named(folder, card if isinstance(card, dict) else {}):
            if sentence := _changed(path, length, digest, place.stat().st_mtime_ns):
                yield sentence
    except (StatError, OSError, TypeError, KeyError) as error:
        yield f"{place}: {error}" if not isinstance(error, StatError) else str(error)


def _named(folder: Path, card: dict[str, Any]) -> Iterator[tuple[Path, int | None, str]]:
    """(path, length if known, hash) of the files that a manifest names."""
    for file in card.get("files", []):
        yield folder / Path(str(file["name"])).name, file.get("bytes"), str(file["sha256"])
    if "weights" in card:
        yield folder / WEIGHTS, None, str(card["weights"])


def _changed(path: Path, length: int | None, digest: str, manifest_ns: int) -> str | None:
    try:
        stat = path.stat()
    except OSError as error:
        return f"{path}: found {(error.strerror or 'no file').lower()}; {way_out(path)}"
    if length is not None and stat.st_size != length:
        return f"{path}: found {stat.st_size:,} bytes, expected {length:,}; {way_out(path)}"
    if stat.st_mtime_ns <= manifest_ns + LATER_NS:
        return None
    if stat.st_size > SHORT:
        return f"{path}: written after its manifest; whether it is the same file shows: stat-studio verify"
    if _hashed(path, stat.st_mtime_ns, stat.st_size) != digest:
        return f"{path}: found other bytes than its manifest names; {way_out(path)}"
    return None


@lru_cache(maxsize=1024)
def _hashed(path: Path, _changed_ns: int, _length: int) -> str:
    return sha256(path)
