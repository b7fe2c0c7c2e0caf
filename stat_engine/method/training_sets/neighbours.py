"""Near-duplicates by shared wording, and nearest pool questions by embedding.

The measure for near-duplicates is the Jaccard share of common runs of three words, with numbers and signs
counted as words. Two questions of one template with other numbers are therefore no near-duplicates; one
with a few words replaced is. Rows are compared in blocks, so that a pool of ten thousand fits in memory.

`nearest` finds the neighbours for Embed-Sel and Embed-Syn (paper, baselines)."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stat_engine.config import EmbeddingsConfig
from stat_engine.errors import StatError
from stat_engine.models.checkpoints import locate

RUN = 3
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\\?[^\W\d_]+|\d+(?:\.\d+)?|[^\w\s]|_")
"""Chinese, Japanese and Korean have no spaces between words: a character is one."""
_BLOCK = 512


def words(text: str) -> list[str]:
    """Lower-case words, commands, numbers and signs, in order."""
    return _WORD.findall(text.lower())


def runs(text: str) -> list[str]:
    """Every run of three words; the whole text where it is shorter or has none."""
    found = words(text) or [text.strip()]
    return [" ".join(found[at : at + RUN]) for at in range(max(len(found) - RUN + 1, 1))]


def share(text: str, other: str) -> float:
    """Common runs of words over all of them, in [0, 1]."""
    mine, theirs = set(runs(text)), set(runs(other))
    return len(mine & theirs) / len(mine | theirs)


class NearTo:
    """Texts that others are compared with."""

    def __init__(self, texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import CountVectorizer  # a second to load

        self._vectorizer = CountVectorizer(analyzer=runs, binary=True, dtype=np.int32)
        matrix: Any = self._vectorizer.fit_transform(texts) if texts else None
        self._texts = matrix
        self._sizes = np.asarray(matrix.sum(axis=1)).ravel() if texts else np.zeros(0)

    def nearest(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(share in [0, 1], position) of the nearest held text for each; share 0 where there is none."""
        shares, positions = np.zeros(len(texts)), np.zeros(len(texts), dtype=np.int64)
        if self._texts is None:
            return shares, positions
        for begin in range(0, len(texts), _BLOCK):
            block = texts[begin : begin + _BLOCK]
            common = (self._vectorizer.transform(block) @ self._texts.T).toarray()
            sizes = np.array([len(set(runs(text))) for text in block])[:, None]
            share = common / np.maximum(sizes + self._sizes[None, :] - common, 1)
            positions[begin : begin + len(block)] = share.argmax(axis=1)
            shares[begin : begin + len(block)] = share.max(axis=1)
        return shares, positions


Served = Callable[[list[str]], Any]
"""Texts in, a matrix of one row a text out, from an embeddings endpoint."""


def nearest(
    config: EmbeddingsConfig, queries: Sequence[str], corpus: Sequence[str], k: int, served: Served
) -> list[list[int]]:
    """Positions in `corpus` of each query's `k` nearest texts by cosine, nearest first.

    `served` is asked where the backend is an endpoint."""
    from sklearn.neighbors import NearestNeighbors  # a second to load

    if not queries or not corpus:
        return [[] for _ in queries]
    asked = [f"{config.instruction or ''}{query}" for query in queries]
    vectors = _embed(config, [*corpus, *asked], len(corpus), served)
    index = NearestNeighbors(n_neighbors=min(k, len(corpus)), metric="cosine", algorithm="brute")
    index.fit(vectors[: len(corpus)])
    found = index.kneighbors(vectors[len(corpus) :], return_distance=False)
    return [[int(at) for at in row] for row in found]


def _embed(config: EmbeddingsConfig, texts: list[str], n_corpus: int, served: Served) -> Any:
    """One row a text; TF-IDF weighs words by the corpus alone."""
    if config.backend == "tfidf":
        from sklearn.feature_extraction.text import TfidfVectorizer

        # numbers weigh little for what a question is about, so words and commands only
        vectorizer = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, tokenizer=_letters, token_pattern=None
        )
        return vectorizer.fit(texts[:n_corpus]).transform(texts)
    assert config.model is not None  # the configuration says so
    if config.backend == "openai":
        return served(texts)
    return _sentence_vectors(config, texts)


def _letters(text: str) -> list[str]:
    return [word for word in words(text) if word[-1].isalpha()] or words(text) or [text]


def _sentence_vectors(config: EmbeddingsConfig, texts: list[str]) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise StatError(
            "embeddings sentence-transformers: the package is not installed; install it with: "
            "pip install 'stat-studio[embed]'"
        ) from None
    model = SentenceTransformer(
        locate(str(config.model)),
        device=config.device,
        model_kwargs={"use_safetensors": True, "torch_dtype": config.dtype},
    )
    return model.encode(texts, batch_size=config.batch_size)
