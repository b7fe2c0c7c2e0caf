"""Vectors of texts from an embeddings endpoint, kept so that no text is paid for twice."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stat_engine.records import content_hash
from stat_engine.store.files import replacing

PART = 512
"""Texts written together."""
Matrix = NDArray[np.float32]


class Vectors:
    """One model's vectors: a folder of parts, each with its keys, written whole or not at all."""

    def __init__(self, folder: Path, model: str) -> None:
        self._folder = folder / content_hash(model)
        self._vectors: dict[str, Matrix] = {}
        for path in sorted(self._folder.glob("*.npz")):
            with np.load(path, allow_pickle=False) as part:
                self._vectors |= dict(zip(part["keys"].tolist(), part["vectors"], strict=True))

    def of(self, texts: Sequence[str], embed: Callable[[list[str]], list[list[float]]]) -> Matrix:
        """One row a text; `embed` is given the texts not yet known, each once, a part at a time."""
        keys = [content_hash(text) for text in texts]
        unknown = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._vectors}
        wanted = list(unknown)
        for begin in range(0, len(wanted), PART):
            part = wanted[begin : begin + PART]
            rows = np.array(embed([unknown[key] for key in part]), dtype=np.float32)
            with (
                replacing(self._folder / f"{content_hash(part)}.npz") as temporary,
                temporary.open("wb") as file,
            ):
                np.savez(file, keys=np.array(part), vectors=rows)
            self._vectors |= dict(zip(part, rows, strict=True))
        return np.stack([self._vectors[key] for key in keys])
