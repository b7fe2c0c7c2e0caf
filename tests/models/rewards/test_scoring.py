from collections.abc import Callable

import pytest
import torch

from stat_engine.errors import StatError
from stat_engine.models.base import Scored
from stat_engine.models.rewards.scoring import Row, Scorer, cut_row

CPU = torch.device("cpu")
Reading = Callable[[torch.Tensor, tuple[torch.Tensor, torch.Tensor]], torch.Tensor]


def reading(shapes: list[tuple[int, int]], most_tokens: int | None = None, says: str = "") -> Reading:
    """P(yes) at a place is the sigmoid of its token; a batch above `most_tokens` fails."""

    def read(ids: torch.Tensor, at: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        shapes.append((ids.shape[0], ids.shape[1]))
        if most_tokens is not None and ids.numel() > most_tokens:
            raise (RuntimeError(says) if says else torch.OutOfMemoryError("CUDA out of memory."))
        score = ids[at].double()
        return torch.stack([torch.zeros_like(score), score], -1)

    return read


def sigmoid(value: float) -> float:
    return float(torch.tensor(value, dtype=torch.float64).sigmoid())


def rows(*lengths: int) -> list[Row]:
    """Rows that are read at their last token, which is their number."""
    return [Row([9] * (length - 1) + [at], [length - 1]) for at, length in enumerate(lengths)]


LENGTHS = (3, 10, 1, 8, 9, 2)


def test_rows_are_batched_by_length_under_the_budget_and_come_back_in_order() -> None:
    shapes: list[tuple[int, int]] = []
    scored = Scorer(reading(shapes), CPU, 20).score(rows(*LENGTHS))
    assert scored == [Scored([pytest.approx(sigmoid(at))]) for at in range(6)]
    assert shapes == [(2, 10), (2, 8), (2, 2)]


def test_a_row_above_the_budget_goes_alone() -> None:
    shapes: list[tuple[int, int]] = []
    Scorer(reading(shapes), CPU, 4).score(rows(9, 2, 2))
    assert shapes == [(1, 9), (2, 2)]


@pytest.mark.parametrize("says", ["", "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"])
def test_out_of_memory_halves_the_batch_and_goes_on(says: str) -> None:
    shapes: list[tuple[int, int]] = []
    scored = Scorer(reading(shapes, 30, says), CPU, 60).score(rows(*[10] * 6))
    assert scored == [Scored([pytest.approx(sigmoid(at))]) for at in range(6)]
    assert shapes == [(6, 10), (3, 10), (3, 10)]


def test_one_row_that_does_not_fit_in_memory_is_said_in_a_sentence() -> None:
    with pytest.raises(StatError, match="ran out of memory on one response of 10 tokens; lower reward_model"):
        Scorer(reading([], 9), CPU, 100).score(rows(10, 10))


def test_another_error_is_not_taken_for_memory() -> None:
    with pytest.raises(RuntimeError, match="shapes do not match"):
        Scorer(reading([], 9, "shapes do not match"), CPU, 100).score(rows(10, 10))


def test_rows_without_places_are_not_computed() -> None:
    shapes: list[tuple[int, int]] = []
    assert Scorer(reading(shapes), CPU, 20).score([Row([], [], is_cut=True), Row([1, 2], [])]) == [
        Scored([], is_cut=True),
        Scored([]),
    ]
    assert shapes == []


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (None, Row([5, 6, 7, 8], [1, 3])),
        (4, Row([5, 6, 7, 8], [1, 3])),
        (3, Row([5, 6], [1], is_cut=True)),
        (1, Row([], [], is_cut=True)),
    ],
)
def test_a_row_is_cut_after_its_last_place_within_the_context(context: int | None, expected: Row) -> None:
    assert cut_row([5, 6, 7, 8, 9], [1, 3], context) == expected
