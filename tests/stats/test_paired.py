"""The paired test and interval, against scipy, statsmodels, full enumeration and a published table."""

import itertools

import numpy as np
import pytest
from scipy.stats import binomtest, norm
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from stat_engine.stats import bonett_price, mcnemar, paired_difference


@pytest.mark.parametrize(("b", "c"), [(0, 1), (5, 1), (3, 3), (30, 12), (10, 0)])
def test_mcnemar_equals_the_exact_binomial_test(b: int, c: int) -> None:
    ours = [1.0] * b + [0.0] * c + [1.0] * 7
    theirs = [0.0] * b + [1.0] * c + [1.0] * 7
    assert mcnemar(ours, theirs) == pytest.approx(binomtest(b, b + c).pvalue)


def test_mcnemar_of_equal_arms_is_one() -> None:
    assert mcnemar([1, 0, 0.5], [1, 0, 0.5]) == 1.0


def test_mcnemar_of_shares_flips_every_sign() -> None:
    ours, theirs = [1, 2 / 3, 1 / 3, 1, 0.5], [0, 1, 0, 1 / 3, 1]
    difference = np.subtract(ours, theirs)
    flipped = [abs(np.dot(signs, difference)) for signs in itertools.product([-1, 1], repeat=5)]
    expected = np.mean(np.array(flipped) >= abs(difference.sum()) - 1e-9)
    assert mcnemar(ours, theirs) == pytest.approx(expected)


def test_differences_finer_than_a_200th_are_told_apart_to_a_thousandth() -> None:
    fine, rounded = [0.1234, -0.1229, 0.2511], [0.123, -0.123, 0.251]
    assert mcnemar(fine, [0, 0, 0]) == mcnemar(rounded, [0, 0, 0]) == pytest.approx(0.75)


def test_mcnemar_of_many_shares_is_near_the_normal_test_of_their_mean() -> None:
    rng = np.random.default_rng(2)
    difference = rng.choice([-1, -2 / 3, -1 / 3, 0, 1 / 3, 2 / 3, 1], 3000) + (rng.random(3000) < 0.03) / 3
    z = difference.sum() / np.sqrt(np.square(difference).sum())
    assert mcnemar(difference, np.zeros(3000)) == pytest.approx(2 * norm.sf(abs(z)), rel=0.03)


def test_the_paired_interval_is_bonett_and_prices_on_a_published_table() -> None:
    # airway hyper-responsiveness before and after a transplantation: 1 lost it, 7 got it, 13 stayed as they
    # were (Bentur 2009, as in Fagerland, Lydersen & Laake, Statistics in Medicine 2014, table V)
    before = [1.0] + [0.0] * 7 + [1.0] * 13
    after = [0.0] + [1.0] * 7 + [1.0] * 13
    assert paired_difference(before, after) == pytest.approx((-6 / 21, -0.508, -0.013), abs=5e-4)


def test_the_paired_interval_takes_shares_over_seeds_and_sums_alike() -> None:
    difference, low, high = paired_difference([1, 2 / 3, 0], [1 / 3, 2 / 3, 1 / 3])
    assert difference == pytest.approx(1 / 9)
    lows, highs = bonett_price([1 / 3, 0], [4 / 9 + 1 / 9, 0], [3, 0])
    assert lows == pytest.approx([low, -1]) and highs == pytest.approx([high, 1])


def test_nothing_is_known_of_a_difference_without_questions() -> None:
    difference, low, high = paired_difference([], [])
    assert np.isnan(difference)
    assert (low, high) == (-1.0, 1.0)


def test_a_difference_covers_zero_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.random((2, 400, 200)) < 0.5
    intervals = [
        paired_difference(a, b)[1:] for a, b in zip(ours.astype(float), theirs.astype(float), strict=True)
    ]
    assert 0.92 <= np.mean([low <= 0 <= high for low, high in intervals]) <= 0.98


@pytest.mark.parametrize(("b", "c"), [(3, 9), (12, 12), (0, 24), (30, 12), (210, 160)])
def test_mcnemar_equals_statsmodels_exact_test_above_25_discordant_too(b: int, c: int) -> None:
    ours, theirs = [1.0] * b + [0.0] * c + [1.0] * 50, [0.0] * b + [1.0] * c + [1.0] * 50
    table = [[50, b], [c, 10]]
    assert mcnemar(ours, theirs) == pytest.approx(statsmodels_mcnemar(table, exact=True).pvalue)
    if b + c >= 25:  # the approximation that is common there comes to about the same
        approximate = statsmodels_mcnemar(table, exact=False, correction=True).pvalue
        assert mcnemar(ours, theirs) == pytest.approx(approximate, rel=0.12)


def test_shares_finer_than_a_two_hundredth_are_compared_in_thousandths() -> None:
    difference = np.array([100.4, 50.4, -25.6]) / 1000 + 1 / 7919  # 101, 51 and -25 thousandths
    flipped = [abs(np.dot(signs, [101, 51, -25])) for signs in itertools.product([-1, 1], repeat=3)]
    expected = np.mean(np.array(flipped) >= 127)
    assert mcnemar(difference, np.zeros(3)) == pytest.approx(expected)
    assert mcnemar([1 / 199, 2 / 199], [0, 0]) == pytest.approx(0.5)
