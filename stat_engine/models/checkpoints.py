"""Find checkpoints and identify them by their files; weights load from safetensors only."""

import hashlib
import json
from pathlib import Path

from stat_engine.config.shipped import ROOT
from stat_engine.errors import StatError
from stat_engine.records import content_hash

GGUF_CARD = "gguf.json"
"""In a folder that was converted from a GGUF file: the file's name, SHA-256, size and time of change."""
_HASHED_BYTES = 64 * 2**20
_N_PIECES, _PIECE = 64, 2**16


def locate(model: str, what: str = "checkpoint") -> str:
    """The checkpoint's folder, also one among the shipped files, or the hub id as it stands.

    Raises StatError for a folder-like name that is nowhere, or a folder without safetensors."""
    for folder in (Path(model).expanduser(), ROOT / model):
        if folder.is_dir():
            if not any(folder.glob("*.safetensors")):
                raise StatError(
                    f"{what} {folder}: found no *.safetensors file, expected weights in that format"
                )
            return str(folder)
    if model.lower().endswith(".gguf"):
        raise StatError(f"{what} {model}: found a GGUF file, which only student.model may name")
    if model.count("/") != 1 or model.startswith((".", "/", "~", "data/")):
        raise StatError(f"{what} {model}: no such folder, and not a hub id of the form owner/name")
    return model


def identity(model: str, what: str = "checkpoint") -> str:
    """Hash of a local checkpoint's files, large ones by size and time of change; of the name for a hub id."""
    folder = Path(locate(model, what))
    if not folder.is_dir():
        return content_hash(model)
    if (folder / GGUF_CARD).is_file():  # converted from a file whose hash is known
        return content_hash("gguf", json.loads((folder / GGUF_CARD).read_text(encoding="utf-8"))["sha256"])
    return content_hash(
        # folders beside the weights are other things: caches, checkpoints of a training, original formats
        [
            (path.name, _mark(path))
            for path in sorted(folder.iterdir())
            if path.is_file() and path.suffix != ".md"
        ]
    )


def surely_differ(one: str, other: str) -> bool:
    """Whether two checkpoints are known to have other weights: hub ids by name, folders by their files.

    A folder and a hub id may be the same, and so may files of other names or sizes: the same weights in
    another type or cut otherwise."""
    ours, theirs = _folder(one), _folder(other)
    if ours is None and theirs is None:
        return one != other and one.count("/") == other.count("/") == 1
    if ours is None or theirs is None:
        return False
    mine, its = _samples(ours), _samples(theirs)
    return mine.keys() == its.keys() and mine != its


def _folder(model: str) -> Path | None:
    return next((path for path in (Path(model).expanduser(), ROOT / model) if path.is_dir()), None)


def _samples(folder: Path) -> dict[tuple[str, int], str]:
    """{(name, size): hash of pieces all over a file of weights}: to read them whole would take minutes."""
    found = {}
    for path in folder.glob("*.safetensors"):
        size, pieces = path.stat().st_size, hashlib.sha256()
        with path.open("rb") as file:
            for at in range(_N_PIECES):
                file.seek(at * max(size - _PIECE, 0) // (_N_PIECES - 1))
                pieces.update(file.read(_PIECE))
        found[path.name, size] = pieces.hexdigest()
    return found


def _mark(path: Path) -> str:
    stat = path.stat()
    if stat.st_size > _HASHED_BYTES:
        return f"{stat.st_size} {stat.st_mtime_ns}"
    return hashlib.sha256(path.read_bytes()).hexdigest()
