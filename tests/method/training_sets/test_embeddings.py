import sys
from pathlib import Path

import numpy as np
import pytest

from stat_engine.config import EmbeddingsConfig
from stat_engine.errors import StatError
from stat_engine.method.training_sets.neighbours import nearest


def no_server(texts: list[str]) -> object:
    raise AssertionError("no endpoint is to be asked")


CORPUS = [
    "the area of a circle",
    "prime factors of a number",
    "the area of a square",
    "a train and its speed",
]


def test_the_nearest_by_words_come_first_and_numbers_weigh_nothing() -> None:
    found = nearest(EmbeddingsConfig(), ["area of a circle 17", "speed of the train"], CORPUS, 2, no_server)
    assert [row[0] for row in found] == [0, 3]
    assert found[0] == [0, 2]


def test_fewer_texts_than_asked_for_are_all_there_are() -> None:
    assert sorted(nearest(EmbeddingsConfig(), ["area"], CORPUS, 9, no_server)[0]) == [0, 1, 2, 3]
    assert nearest(EmbeddingsConfig(), [], CORPUS, 2, no_server) == [] and nearest(
        EmbeddingsConfig(), ["a"], [], 2, no_server
    ) == [[]]


def test_an_endpoints_vectors_are_taken_as_they_come() -> None:
    def served(texts: list[str]) -> object:
        return np.array([[1.0, 0.0] if "area" in text else [0.0, 1.0] for text in texts])

    config = EmbeddingsConfig(backend="openai", model="embedder")
    assert sorted(nearest(config, ["some area"], CORPUS, 2, served)[0]) == [0, 2]


def test_questions_in_other_scripts_are_told_apart() -> None:
    corpus = ["площадь круга", "скорость поезда", "圓的面積", "列車的速度"]
    found = nearest(EmbeddingsConfig(), ["найдите площадь", "列車多快"], corpus, 1, no_server)
    assert found == [[0], [3]]


def test_a_sentence_transformers_checkpoint_gives_the_vectors(tiny_checkpoint: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="SKIPPED: sentence-transformers is missing")
    # a plain checkpoint is one too: the mean of its tokens
    config = EmbeddingsConfig(backend="sentence-transformers", model=str(tiny_checkpoint))
    corpus = ["What is 3 + 4?", "What is 12 * 3?", "How many apples are there?"]
    assert [row[0] for row in nearest(config, corpus, corpus, 1, no_server)] == [0, 1, 2]


def test_a_missing_package_is_named_with_the_way_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(StatError, match=r"pip install 'stat-studio\[embed\]'"):
        nearest(EmbeddingsConfig(backend="sentence-transformers", model="a/b"), ["a"], ["b"], 1, no_server)


def test_an_instruction_stands_before_the_question_alone() -> None:
    seen: list[list[str]] = []

    def served(texts: list[str]) -> list[list[float]]:
        seen.append(texts)
        return [[1.0, 0.0] for _ in texts]

    config = EmbeddingsConfig(backend="openai", model="m", instruction="Query: ")
    nearest(config, ["q"], ["pool"], 1, served)
    assert seen == [["pool", "Query: q"]]


def test_settings_of_embeddings_that_are_not_set_decide_nothing() -> None:
    config = EmbeddingsConfig(batch_size=4)
    assert config.decides() == {"backend": "tfidf", "model": None}
    set_one = EmbeddingsConfig(backend="openai", model="m", instruction="Query: ", dtype="bfloat16")
    assert set_one.decides().keys() == {"backend", "model", "instruction", "dtype"}
    with pytest.raises(ValueError, match="tfidf reads words and no instruction"):
        EmbeddingsConfig(instruction="Query: ")
