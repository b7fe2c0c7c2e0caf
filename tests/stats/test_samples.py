"""Several samples a question, against exact fractions, enumeration and statsmodels' cluster-robust errors."""

from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest
from statsmodels.api import OLS

from stat_engine.stats import clustered, effective_n, pass_at_k, wilson


@pytest.mark.parametrize(("n", "k"), [(1, 1), (5, 2), (10, 3), (64, 16), (200, 100)])
def test_pass_at_k_is_the_fraction_of_the_paper(n: int, k: int) -> None:
    expected = [float(1 - Fraction(comb(n - c, k), comb(n, k))) for c in range(n + 1)]
    assert pass_at_k([n] * (n + 1), range(n + 1), k) == pytest.approx(expected, abs=1e-12)


def test_pass_at_k_is_the_share_of_draws_that_hold_a_right_one() -> None:
    marks = [True, True, False, False, False, False]
    drawn = [any(marks[at] for at in chosen) for chosen in combinations(range(6), 3)]
    assert pass_at_k(6, 2, 3) == pytest.approx(sum(drawn) / len(drawn))


def test_pass_at_k_is_unbiased_where_the_plug_in_is_not() -> None:
    p, n, k = 0.2, 10, 5
    right = np.random.default_rng(0).binomial(n, p, 40_000)
    truth = 1 - (1 - p) ** k
    assert pass_at_k(n, right, k).mean() == pytest.approx(truth, abs=0.005)
    assert (1 - (1 - right / n) ** k).mean() < truth - 0.02


def test_fewer_samples_than_k_say_nothing() -> None:
    found = pass_at_k([3, 4, 0], [3, 4, 0], 4)
    assert np.isnan(found[[0, 2]]).all() and found[1] == 1.0


def test_samples_that_are_all_alike_are_worth_one_answer_a_question() -> None:
    shares = [1.0] * 30 + [0.0] * 70
    assert effective_n(shares, samples=16) == pytest.approx(100)
    assert clustered(shares, samples=16) == pytest.approx(wilson(30, 100))
    assert clustered(shares) == wilson(30, 100)


def test_independent_samples_are_worth_what_they_are() -> None:
    rng = np.random.default_rng(1)
    shares = rng.binomial(8, 0.4, 4000) / 8
    assert effective_n(shares, samples=8) == pytest.approx(32_000, rel=0.05)
    assert effective_n([0.5] * 10, samples=8) == 80
    assert effective_n([1.0] * 10, samples=8) == 10  # nothing is known of how samples differ
    assert effective_n([], samples=8) == 0 and clustered([], 8) == (0.0, 1.0)


def test_the_variance_is_that_of_statsmodels_cluster_robust_error() -> None:
    rng = np.random.default_rng(2)
    chances = rng.beta(2, 2, 300)
    right = rng.random((300, 8)) < chances[:, None]
    model = OLS(right.ravel().astype(float), np.ones(2400))
    kept = {"groups": np.repeat(np.arange(300), 8), "use_correction": False}
    robust = model.fit(cov_type="cluster", cov_kwds=kept).bse[0]
    mean, worth = right.mean(), effective_n(right.mean(axis=1), samples=8)
    assert np.sqrt(mean * (1 - mean) / worth) == pytest.approx(robust)
    low, high = clustered(right.mean(axis=1), samples=8)
    assert (low, high) == pytest.approx((mean - 1.96 * robust, mean + 1.96 * robust), abs=2e-3)


def test_the_clustered_interval_holds_the_truth_as_often_as_it_says_and_the_naive_one_does_not() -> None:
    rng, held, naive = np.random.default_rng(3), 0, 0
    for _ in range(1000):
        chances = rng.beta(0.6, 0.9, 80)  # mean 0.4
        shares = rng.binomial(8, chances) / 8
        low, high = clustered(shares, samples=8)
        held += low <= 0.4 <= high
        low, high = wilson(shares.sum() * 8, 640)
        naive += low <= 0.4 <= high
    assert 0.93 <= held / 1000 <= 0.97
    assert naive / 1000 < 0.8
