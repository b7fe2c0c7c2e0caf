import json
import sys
from pathlib import Path

import pytest

from stat_engine.config import EmbeddingsConfig
from stat_engine.errors import StatError
from stat_engine.stages.embeddings import nearest
from tests.models.fault_server import Asked, FaultServer, Said

CORPUS = [
    "the area of a circle",
    "prime factors of a number",
    "the area of a square",
    "a train and its speed",
]


def test_the_nearest_by_words_come_first_and_numbers_weigh_nothing() -> None:
    found = nearest(EmbeddingsConfig(), ["area of a circle 17", "speed of the train"], CORPUS, 2)
    assert [row[0] for row in found] == [0, 3]
    assert found[0] == [0, 2]


def test_fewer_texts_than_asked_for_are_all_there_are() -> None:
    assert sorted(nearest(EmbeddingsConfig(), ["area"], CORPUS, 9)[0]) == [0, 1, 2, 3]
    assert nearest(EmbeddingsConfig(), [], CORPUS, 2) == [] and nearest(EmbeddingsConfig(), ["a"], [], 2) == [
        []
    ]


def test_an_embeddings_endpoint_gives_the_vectors() -> None:
    def script(asked: Asked, before: int) -> Said:
        vectors = [[1.0, 0.0] if "area" in text else [0.0, 1.0] for text in asked.body["input"]]
        rows = [{"object": "embedding", "index": at, "embedding": one} for at, one in enumerate(vectors)]
        body = {"object": "list", "data": rows, "model": asked.body["model"], "usage": {"prompt_tokens": 1}}
        return Said(json.dumps(body).encode())

    with FaultServer(script) as server:
        config = EmbeddingsConfig.model_validate(
            {"backend": "openai", "model": "embedder", "server": {"base_url": server.url}}
        )
        assert sorted(nearest(config, ["some area"], CORPUS, 2)[0]) == [0, 2]
        assert {asked.body["model"] for asked in server.asked} == {"embedder"}


def test_a_sentence_transformers_checkpoint_gives_the_vectors(tiny_checkpoint: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="SKIPPED: sentence-transformers is missing")
    # a plain checkpoint is one too: the mean of its tokens
    config = EmbeddingsConfig(backend="sentence-transformers", model=str(tiny_checkpoint))
    corpus = ["What is 3 + 4?", "What is 12 * 3?", "How many apples are there?"]
    assert [row[0] for row in nearest(config, corpus, corpus, 1)] == [0, 1, 2]


def test_a_missing_package_is_named_with_the_way_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(StatError, match=r"pip install 'stat-studio\[embed\]'"):
        nearest(EmbeddingsConfig(backend="sentence-transformers", model="a/b"), ["a"], ["b"], 1)
