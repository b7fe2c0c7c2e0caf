import itertools

import numpy as np
import pytest
from scipy.stats import binomtest, false_discovery_control, norm

from stat_engine.stats import (
    bonett_price,
    clopper_pearson,
    corrected,
    mcnemar,
    newcombe,
    paired_difference,
    rogan_gladen,
    wilson,
)

BENJAMINI_HOCHBERG_1995 = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
    0.7590, 1.0000,
]  # fmt: skip
"""The 15 p-values of the paper's own example: at 0.05 it finds four, Bonferroni and Holm three."""


@pytest.mark.parametrize(("k", "n"), [(0, 5), (5, 5), (1, 3), (37, 100), (999, 1000), (1, 1)])
def test_intervals_equal_scipys(k: int, n: int) -> None:
    test = binomtest(k, n)
    exact, score = test.proportion_ci(method="exact"), test.proportion_ci(method="wilson")
    assert clopper_pearson(k, n) == pytest.approx((exact.low, exact.high), abs=1e-9)
    assert wilson(k, n) == pytest.approx((score.low, score.high), abs=1e-9)


def test_nothing_is_known_of_no_questions() -> None:
    assert clopper_pearson(0, 0) == wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("b", "c"), [(0, 1), (5, 1), (3, 3), (30, 12), (10, 0)])
def test_mcnemar_equals_the_exact_binomial_test(b: int, c: int) -> None:
    ours = [1.0] * b + [0.0] * c + [1.0] * 7
    theirs = [0.0] * b + [1.0] * c + [1.0] * 7
    assert mcnemar(ours, theirs) == pytest.approx(binomtest(b, b + c).pvalue)


def test_mcnemar_of_equal_arms_is_one() -> None:
    assert mcnemar([1, 0, 0.5], [1, 0, 0.5]) == 1.0


def test_newcombes_interval_is_that_of_his_paper() -> None:
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)  # table II, method 10
    assert newcombe(0, 0, 3, 4) == (-1.0, 1.0)


def test_a_perfect_test_needs_no_correction_and_a_useless_one_allows_none() -> None:
    share, low, high = rogan_gladen(20, 100, 10**6, 10**6, 10**6, 10**6) or (0, 0, 0)
    assert (share, low, high) == pytest.approx((0.2, 0.133, 0.289), abs=2e-3)  # Agresti and Coull's
    assert rogan_gladen(20, 100, 5, 10, 5, 10) is None
    assert rogan_gladen(0, 0, 9, 10, 9, 10) is rogan_gladen(1, 9, 0, 0, 9, 10) is None


def test_the_corrected_share_is_rogan_and_gladens_and_its_interval_holds_the_truth() -> None:
    assert (rogan_gladen(23, 150, 96, 100, 89, 100) or [0])[0] == pytest.approx((23 / 150 - 0.11) / 0.85)
    rng, truth, held = np.random.default_rng(0), 0.3, 0
    for _ in range(2000):
        k = rng.binomial(100, truth * 0.8 + (1 - truth) * 0.1)
        found = rogan_gladen(k, 100, rng.binomial(40, 0.8), 40, rng.binomial(120, 0.9), 120)
        held += found is not None and found[1] <= truth <= found[2]
    assert 0.93 <= held / 2000 <= 0.99


def test_mcnemar_of_shares_flips_every_sign() -> None:
    ours, theirs = [1, 2 / 3, 1 / 3, 1, 0.5], [0, 1, 0, 1 / 3, 1]
    difference = np.subtract(ours, theirs)
    flipped = [abs(np.dot(signs, difference)) for signs in itertools.product([-1, 1], repeat=5)]
    expected = np.mean(np.array(flipped) >= abs(difference.sum()) - 1e-9)
    assert mcnemar(ours, theirs) == pytest.approx(expected)


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


def test_corrections_find_what_the_first_paper_finds() -> None:
    found = {
        name: int((corrected(BENJAMINI_HOCHBERG_1995, name) <= 0.05).sum())
        for name in ("none", "benjamini-hochberg", "holm")
    }
    assert found == {"none": 9, "benjamini-hochberg": 4, "holm": 3}


def test_holm_equals_the_example_of_rs_p_adjust() -> None:
    assert corrected([0.01, 0.02, 0.03, 0.04, 0.05], "holm") == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert corrected([0.03, 0.005, 0.04, 0.01], "holm") == pytest.approx([0.06, 0.02, 0.06, 0.03])
    assert corrected([0.9, 0.6], "holm") == pytest.approx([1.0, 1.0])


def test_benjamini_hochberg_is_scipys_and_no_values_stay_none() -> None:
    values = np.random.default_rng(1).random(50)
    assert corrected(values, "benjamini-hochberg").tolist() == false_discovery_control(values).tolist()
    assert [corrected([], name).tolist() for name in ("none", "benjamini-hochberg", "holm")] == [[], [], []]
