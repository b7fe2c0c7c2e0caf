import pytest
from scipy.stats import binomtest

from stat_engine.stats import clopper_pearson, mcnemar, wilson


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
