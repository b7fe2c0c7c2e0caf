import math

import pandas as pd
import pytest

from stat_engine.method.accuracy import Accuracy, Difference, accuracy, difference, mean_accuracy
from stat_engine.stats import paired_difference, wilson


def shares(*values: float) -> "pd.Series[float]":
    """Shares right of questions q0, q1, ..."""
    return pd.Series(values, index=[f"q{at}" for at in range(len(values))], dtype=float)


def test_accuracy_is_the_mean_over_seeds_and_its_interval_counts_questions() -> None:
    assert accuracy(shares(1, 0.5, 0, 0)) == Accuracy(0.375, *wilson(1.5, 4), 4)
    assert accuracy(shares(1, 0, math.nan)) == Accuracy(0.5, *wilson(1, 2), 2)


def test_a_difference_pairs_the_questions_that_both_answered() -> None:
    ours, theirs = shares(1, 1, 0, 1, math.nan), shares(0, 0, 1, 1, 1)
    interval = paired_difference([1, 1, 0, 1], [0, 0, 1, 1])
    assert difference(ours, theirs) == Difference(*interval, p_value=1.0, n_gained=2, n_lost=1, n_questions=4)
    assert difference(shares(*[1] * 6), shares(*[0] * 6)).p_value == 2 * 0.5**6


def test_arms_without_a_common_question_have_no_difference() -> None:
    found = difference(shares(1, math.nan), shares(math.nan, 1))
    assert math.isnan(found.difference)
    assert (found.ci_low, found.ci_high, found.p_value, found.n_questions) == (-1.0, 1.0, 1.0, 0)


def test_the_mean_over_benchmarks_is_the_plain_one_and_counts_a_question_once() -> None:
    whole = shares(*[1, 1, 0, 0] * 5)
    found = mean_accuracy([whole, whole.iloc[:8], shares()])
    assert (found.accuracy, found.n_questions) == (0.5, 20)
    # a question's pull on the mean is (share - mean) / n, halved for the two columns, added up over them
    in_both, in_one = 0.5 / 20 / 2 + 0.5 / 8 / 2, 0.5 / 20 / 2
    half = 1.959963984540054 * math.sqrt(8 * in_both**2 + 12 * in_one**2)
    assert (found.ci_low, found.ci_high) == pytest.approx((0.5 - half, 0.5 + half))
    assert math.isnan(mean_accuracy([shares()]).accuracy)
