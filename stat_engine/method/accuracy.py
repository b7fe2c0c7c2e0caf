"""Accuracies and paired differences of arms, from the share of correct answers to each question.

The unit is the question. An arm's seeds and samples answer the same questions, so they are averaged for
each question first. Intervals and tests then count questions, and more seeds do not narrow them; they do
not include the variation between seeds (`stats.paired_bootstrap` does). Where a seed answers a question
several times, its samples count as their effective number (`stats.effective_n`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from stat_engine.stats import effective_n, mcnemar, paired_difference, wilson


@dataclass(frozen=True)
class Accuracy:
    """A share of right answers, with its sample size and interval."""

    accuracy: float
    """Fraction, mean over seeds; NaN where no question was asked."""
    ci_low: float
    ci_high: float
    """95% interval over questions: Wilson's, of clusters where a question has several samples; for a mean
    over benchmarks the delta method's."""
    n_questions: int


@dataclass(frozen=True)
class Difference:
    """One arm against another on the questions that both answered."""

    difference: float
    """Accuracy of ours minus theirs, a fraction; NaN where they share no question."""
    ci_low: float
    ci_high: float
    """Bonett and Price's paired 95% interval."""
    p_value: float
    """Exact McNemar, two-sided, of shares where there are several seeds."""
    n_gained: int
    n_lost: int
    """Questions right more often, and less often, than theirs."""
    n_questions: int


def accuracy(shares: "pd.Series[float]", worth: float | None = None) -> Accuracy:
    """Accuracy over the questions that were asked (NaN: not asked).

    `worth`: the independent answers that they are worth, from `stats.effective_n`; by default one each."""
    asked = shares.dropna()
    n, k = len(asked), float(asked.sum())
    by = max(worth or 0.0, n) / n if n else 1.0
    return Accuracy(k / n if n else float("nan"), *wilson(k * by, n * by), n)


def worth(columns: Iterable["pd.Series[float]"], samples: float) -> float:
    """Independent answers that an arm's shares are worth: the mean over its seeds, a column each.

    Seeds answer the same questions and are no more of them, so they are not added up."""
    found = [effective_n(shares.dropna(), samples) for shares in columns]
    return float(np.mean(found)) if found else 0.0


def unreadable(n: int, n_responses: int) -> str | None:
    """What is said of responses whose verdict is not known; None where there are none."""
    if not n:
        return None
    return (
        f"{n:,} of {n_responses:,} responses could not be graded: no answer can be read in them, or grading "
        "gave none in its time; they are counted apart, and in accuracies as not right"
    )


def difference(ours: "pd.Series[float]", theirs: "pd.Series[float]") -> Difference:
    """Ours against theirs, paired by question; both indexed by question id."""
    paired = pd.DataFrame({"ours": ours, "theirs": theirs}).dropna()
    gained = int((paired.ours > paired.theirs).sum())
    lost = int((paired.ours < paired.theirs).sum())
    interval = paired_difference(paired.ours, paired.theirs)
    return Difference(*interval, mcnemar(paired.ours, paired.theirs), gained, lost, len(paired))


def mean_accuracy(columns: Sequence["pd.Series[float]"]) -> Accuracy:
    """Plain mean of several columns' accuracies, as the paper's tables give it, with a 95% interval.

    Columns may share questions, as a benchmark and its difficult part do: each question's pull on the mean is
    added up over the columns it stands in, and the interval is the delta method's (normal). The index tells
    questions apart. Columns without questions count for nothing."""
    asked = [shares.dropna() for shares in columns]
    asked = [shares for shares in asked if len(shares)]
    if not asked:
        return Accuracy(float("nan"), 0.0, 1.0, 0)
    mean = float(np.mean([shares.mean() for shares in asked]))
    pulls = pd.concat([(shares - shares.mean()) / len(shares) for shares in asked]) / len(asked)
    by_question = pulls.groupby(level=list(range(pulls.index.nlevels))).sum()
    half = float(-ndtri(0.025)) * float(np.sqrt(np.square(by_question).sum()))
    return Accuracy(mean, max(0.0, mean - half), min(1.0, mean + half), len(by_question))
