"""Nearest pool questions by embedding, for Embed-Sel and Embed-Syn (paper, baselines).

The paper embeds with gte-Qwen2-7B-instruct; TF-IDF is the default here because it needs no model."""

from collections.abc import Callable, Sequence
from typing import Any

from stat_engine.config import EmbeddingsConfig
from stat_engine.errors import StatError
from stat_engine.models.checkpoints import locate
from stat_engine.stages.near import words

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
    vectors = _embed(config, [*corpus, *queries], len(corpus), served)
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
    return _sentence_vectors(config.model, texts)


def _letters(text: str) -> list[str]:
    return [word for word in words(text) if word[-1].isalpha()] or words(text) or [text]


def _sentence_vectors(model: str, texts: list[str]) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise StatError(
            "embeddings sentence-transformers: the package is not installed; install it with: "
            "pip install 'stat-studio[embed]'"
        ) from None
    return SentenceTransformer(locate(model), model_kwargs={"use_safetensors": True}).encode(texts)
