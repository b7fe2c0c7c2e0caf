"""Finding checkpoints and telling one from another; weights load from safetensors only."""

import hashlib
from pathlib import Path

from stat_engine.errors import StatError
from stat_engine.records import content_hash

ROOT = Path(__file__).resolve().parents[2]
_HASHED_BYTES = 64 * 2**20


def locate(model: str, what: str = "checkpoint") -> str:
    """The checkpoint's folder, also one beside the package, or the hub id as it stands.

    Raises StatError for a folder-like name that is nowhere, or a folder without safetensors."""
    for folder in (Path(model).expanduser(), ROOT / model):
        if folder.is_dir():
            if not any(folder.glob("*.safetensors")):
                raise StatError(
                    f"{what} {folder}: found no *.safetensors file, expected weights in that format"
                )
            return str(folder)
    if model.count("/") != 1 or model.startswith((".", "/", "~", "data/")):
        raise StatError(f"{what} {model}: no such folder, and not a hub id of the form owner/name")
    return model


def identity(model: str, what: str = "checkpoint") -> str:
    """Hash of a local checkpoint's files, large ones by size and time of change; of the name for a hub id."""
    folder = Path(locate(model, what))
    if not folder.is_dir():
        return content_hash(model)
    return content_hash(
        # folders beside the weights are other things: caches, checkpoints of a training, original formats
        [
            (path.name, _mark(path))
            for path in sorted(folder.iterdir())
            if path.is_file() and path.suffix != ".md"
        ]
    )


def _mark(path: Path) -> str:
    stat = path.stat()
    if stat.st_size > _HASHED_BYTES:
        return f"{stat.st_size} {stat.st_mtime_ns}"
    return hashlib.sha256(path.read_bytes()).hexdigest()
