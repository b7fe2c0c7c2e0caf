"""Benchmarks in the configuration: their names, their samples, and what is refused."""

import pytest

from stat_engine import config as configuration
from stat_engine.errors import StatError


def read(text: str) -> list[tuple[str, int]]:
    config = configuration.load(None, [f"evaluation.benchmarks={text}"])
    return [(of.name, of.samples) for of in config.evaluation.benchmarks]


def test_a_benchmark_is_named_by_what_sets_it_apart() -> None:
    assert read(
        "[{dataset: gsm}, {dataset: gsm, split: validation}, "
        "{dataset: aime, metric: average@k, k: 64, temperature: 0.6}, "
        "{dataset: aime, metric: pass@k, k: 8, n_samples: 64, temperature: 0.6}]"
    ) == [("gsm", 1), ("gsm-validation", 1), ("aime-average@64", 64), ("aime-pass@8", 64)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{dataset: a}, {dataset: a}]", "benchmark a stands there twice"),
        ("[{dataset: a, k: 2}]", "metric pass@1 has k=1, found k=2: set metric to average@k or pass@k"),
        ("[{dataset: a, metric: average@k, k: 4, n_samples: 8, temperature: 1}]", "average@k is over k=4 samples, found n_samples=8"),
        ("[{dataset: a, metric: pass@k, k: 4, n_samples: 2, temperature: 1}]", "pass@k with k=4 needs as many samples, found n_samples=2"),
        ("[{dataset: a, metric: average@k, k: 4}]", "4 samples at temperature 0 are all the same answer: set its temperature"),
        ("[{dataset: test}]", "this name stands for a part of a run"),
        ("[{dataset: a, metric: maj@k}]", "input should be 'pass@1', 'average@k' or 'pass@k'"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(text: str, message: str) -> None:
    with pytest.raises(StatError) as caught:
        read(text)
    assert message in str(caught.value)
