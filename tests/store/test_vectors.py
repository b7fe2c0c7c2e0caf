from pathlib import Path

from stat_engine.store.paid_answers import Vectors


def test_a_text_is_embedded_once_also_by_another_process(tmp_path: Path) -> None:
    asked: list[list[str]] = []

    def embed(texts: list[str]) -> list[list[float]]:
        asked.append(texts)
        return [[float(len(text)), 1.0] for text in texts]

    first = Vectors(tmp_path, "m").of(["a", "bb", "a"], embed)
    assert first.tolist() == [[1, 1], [2, 1], [1, 1]]
    assert Vectors(tmp_path, "m").of(["bb", "ccc"], embed).tolist() == [[2, 1], [3, 1]]
    assert Vectors(tmp_path, "other").of(["a"], embed).tolist() == [[1, 1]]
    assert asked == [["a", "bb"], ["ccc"], ["a"]]
