from collections import Counter

import numpy as np
import pytest
import torch

from stat_engine.models.base import Sampling
from stat_engine.models.local.decoding import choose, draws

SHARES = [0.5, 0.05, 0.3, 0.15]
LOGITS = torch.tensor(SHARES).log()


def chosen(sampling: Sampling, numbers: list[float]) -> list[int]:
    return choose(LOGITS.expand(len(numbers), -1), sampling, numbers)


def test_greedy_takes_the_most_probable_and_draws_nothing() -> None:
    sampling = Sampling(temperature=0, top_p=1, max_tokens=4)
    assert draws(sampling, 0, 0, 0, 4) == []
    assert chosen(sampling, [0.0, 0.0]) == [0, 0]


@pytest.mark.parametrize(
    ("top_p", "expected"),
    [
        (1.0, {0: 0.5, 1: 0.05, 2: 0.3, 3: 0.15}),
        (0.9, {0: 50 / 95, 2: 30 / 95, 3: 15 / 95}),
        (0.8, {0: 5 / 8, 2: 3 / 8}),
        (0.4, {0: 1.0}),
    ],
)
def test_tokens_come_as_often_as_their_shares_say(top_p: float, expected: dict[int, float]) -> None:
    # Evenly spaced numbers make counts of probabilities.
    numbers = ((np.arange(2000) + 0.5) / 2000).tolist()
    counts = Counter(chosen(Sampling(temperature=1, top_p=top_p, max_tokens=1), numbers))
    assert set(counts) == set(expected)
    assert all(abs(counts[token] / 2000 - share) < 2e-3 for token, share in expected.items())


def test_a_low_temperature_sharpens() -> None:
    numbers = ((np.arange(2000) + 0.5) / 2000).tolist()
    counts = Counter(chosen(Sampling(temperature=0.5, top_p=1, max_tokens=1), numbers))
    squares = np.square(SHARES) / np.square(SHARES).sum()
    assert np.allclose([counts[token] / 2000 for token in range(4)], squares, atol=2e-3)


@pytest.mark.parametrize("top_p", [1.0, 0.8])
def test_numbers_at_either_end_give_tokens_that_have_a_share(top_p: float) -> None:
    logits = torch.tensor([[-torch.inf, 0.0, 0.0, -torch.inf]] * 2)
    found = choose(logits, Sampling(temperature=1, top_p=top_p, max_tokens=1), [0.0, 1.0])
    assert found == [1, 2]


def test_numbers_depend_on_seed_prompt_and_sample_and_begin_alike_whatever_the_room() -> None:
    sampling = Sampling(temperature=1, top_p=1, max_tokens=4)
    first = draws(sampling, 0, 0, 0, 4)
    assert draws(sampling, 0, 0, 0, 9)[:4] == first
    others = [draws(sampling, *place, 4) for place in [(1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, 0, 0)]]
    assert len({tuple(numbers) for numbers in [first, *others]}) == 5
    assert all(0 <= number < 1 for number in first)
