from stat_engine.config import EmbeddingsConfig
from stat_engine.stages.embeddings import nearest

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
