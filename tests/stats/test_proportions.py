"""Intervals of proportions, against scipy, statsmodels and published tables."""

import numpy as np
import pytest
from scipy.stats import beta, binomtest, fisher_exact
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from stat_engine import stats


@pytest.mark.parametrize(("k", "n"), [(0, 5), (5, 5), (1, 3), (37, 100), (999, 1000), (1, 1)])
def test_intervals_equal_scipys(k: int, n: int) -> None:
    test = binomtest(k, n)
    exact, score = test.proportion_ci(method="exact"), test.proportion_ci(method="wilson")
    assert stats.clopper_pearson(k, n) == pytest.approx((exact.low, exact.high), abs=1e-9)
    assert stats.wilson(k, n) == pytest.approx((score.low, score.high), abs=1e-9)


def test_nothing_is_known_of_no_questions() -> None:
    assert stats.clopper_pearson(0, 0) == stats.wilson(0, 0) == (0.0, 1.0)


def test_newcombes_interval_is_that_of_his_paper() -> None:
    assert stats.newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)  # table II, method 10
    assert stats.newcombe(0, 0, 3, 4) == (-1.0, 1.0)


def test_the_corrected_share_is_rogan_and_gladens_and_its_interval_holds_the_truth() -> None:
    assert (stats.rogan_gladen(23, 150, 96, 100, 89, 100) or [0])[0] == pytest.approx(
        (23 / 150 - 0.11) / 0.85
    )
    rng, truth, held = np.random.default_rng(0), 0.3, 0
    for _ in range(2000):
        k = rng.binomial(100, truth * 0.8 + (1 - truth) * 0.1)
        found = stats.rogan_gladen(k, 100, rng.binomial(40, 0.8), 40, rng.binomial(120, 0.9), 120)
        held += found is not None and found[1] <= truth <= found[2]
    assert 0.93 <= held / 2000 <= 0.99


@pytest.mark.parametrize(("k", "n"), [(0, 7), (7, 7), (3, 11), (412, 500)])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_intervals_equal_statsmodels_at_any_level(k: int, n: int, level: float) -> None:
    assert stats.wilson(k, n, level) == pytest.approx(proportion_confint(k, n, 1 - level, "wilson"), abs=1e-9)
    assert stats.clopper_pearson(k, n, level) == pytest.approx(
        proportion_confint(k, n, 1 - level, "beta"), abs=1e-9
    )


def test_newcombes_interval_equals_statsmodels() -> None:
    theirs = confint_proportions_2indep(56, 70, 48, 80, method="newcomb")
    assert stats.newcombe(56, 70, 48, 80) == pytest.approx(theirs, abs=1e-9)


def test_a_shrunken_bound_lies_between_the_rate_and_the_overall_rate() -> None:
    assert stats.shrunken_lower_bound(2, 2, 0.1, 10) < 0.5 < stats.shrunken_lower_bound(200, 200, 0.1, 10)
    assert stats.shrunken_lower_bound(3, 4, 0.0, 10) == 0.0


def test_a_perfect_test_needs_no_correction_and_a_useless_one_allows_none() -> None:
    share, low, high = stats.rogan_gladen(20, 100, 10**6, 10**6, 10**6, 10**6) or (0, 0, 0)
    assert (share, low, high) == pytest.approx((0.2, 0.133, 0.289), abs=2e-3)  # Agresti and Coull's
    assert stats.rogan_gladen(20, 100, 5, 10, 5, 10) is None
    assert stats.rogan_gladen(0, 0, 9, 10, 9, 10) is stats.rogan_gladen(1, 9, 0, 0, 9, 10) is None


def test_a_corrected_share_and_its_interval_stay_between_none_and_all() -> None:
    share, _, high = stats.rogan_gladen(100, 100, 80, 100, 90, 100) or (0, 0, 0)
    assert (share, high) == (1.0, 1.0)
    share, low, _ = stats.rogan_gladen(0, 100, 80, 100, 90, 100) or (1, 1, 1)
    assert (share, low) == (0.0, 0.0)


def test_the_corrected_share_s_interval_is_lang_and_reiczigels() -> None:
    z = 1.959963984540054
    p, se, sp = (60 + z**2 / 2) / (150 + z**2), 97 / 102, 91 / 102  # Agresti and Coull's, Laplace's twice
    j = se + sp - 1
    prevalence = (p + sp - 1) / j
    parts = (
        p * (1 - p) / (150 + z**2),
        se * (1 - se) / 102 * prevalence**2,
        sp * (1 - sp) / 102 * (1 - prevalence) ** 2,
    )
    middle = prevalence + 2 * z**2 * (
        prevalence * se * (1 - se) / 102 - (1 - prevalence) * sp * (1 - sp) / 102
    )
    half = z * sum(parts) ** 0.5 / j
    assert stats.rogan_gladen(60, 150, 96, 100, 90, 100) == pytest.approx(
        ((60 / 150 - 0.1) / 0.86, middle - half, middle + half), abs=1e-12
    )


def test_a_shrunken_bound_is_the_posteriors_quantile() -> None:
    assert stats.shrunken_lower_bound(3, 8, 0.25, 10) == pytest.approx(beta.ppf(0.05, 3 + 2.5, 5 + 7.5))
    assert stats.shrunken_lower_bound(3, 8, 0.25, 10, 0.8) == pytest.approx(beta.ppf(0.2, 3 + 2.5, 5 + 7.5))
    assert (stats.shrunken_lower_bound(3, 4, 1.0, 10), stats.shrunken_lower_bound(0, 0, 1.0, 10)) == (
        0.75,
        0.0,
    )


@pytest.mark.parametrize(
    "table", [(5, 10, 3, 30), (0, 4, 2, 9), (10, 10, 0, 5), (7, 200, 90, 4000), (3, 3, 0, 0)]
)
def test_fishers_exact_test_equals_scipys(table: tuple[int, int, int, int]) -> None:
    k, n, other_k, other_n = table
    expected = fisher_exact([[k, n - k], [other_k, other_n - other_k]], alternative="greater").pvalue
    assert stats.fisher_greater(k, n, other_k, other_n) == pytest.approx(expected)


def test_fishers_exact_test_gives_no_p_value_above_one() -> None:
    found = [
        stats.fisher_greater(0, n, m, other_n)
        for n in range(9)
        for other_n in range(9)
        for m in range(other_n + 1)
    ]
    assert max(found) == 1.0 and min(found) > 1 - 1e-12
