"""Intervals and paired tests. Sources stand in the docstrings; scipy computes."""

from collections.abc import Sequence

import numpy as np
from scipy.special import bdtr, betaincinv, ndtri


def clopper_pearson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a proportion k of n, as fractions (Clopper & Pearson, Biometrika 1934).

    (0, 1) where n is 0: nothing is known."""
    if n == 0:
        return 0.0, 1.0
    alpha = 1 - level
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, alpha / 2))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - alpha / 2))
    return low, high


def wilson(k: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Score interval of a proportion k of n, as fractions (Wilson, JASA 1927).

    k may be a mean over seeds and then need not be whole; n stays the number of questions, because
    seeds answer the same questions and add no new ones. (0, 1) where n is 0."""
    if n == 0:
        return 0.0, 1.0
    z, p = float(-ndtri((1 - level) / 2)), k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)))
    return max(0.0, centre - half), min(1.0, centre + half)


def mcnemar(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Two-sided exact p-value of the paired McNemar test (McNemar, Psychometrika 1947).

    One entry a question, paired: 1 right, 0 wrong, or its share right over seeds. Questions on
    which the two are equal say nothing; of the others the larger side is counted, which with one
    seed is McNemar's exact test and with several the sign test over questions."""
    difference = np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float)
    b, c = int((difference > 0).sum()), int((difference < 0).sum())
    if b + c == 0:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(b, c), b + c, 0.5)))


def shrunken_lower_bound(k: int, n: int, overall: float, prior_n: float, level: float = 0.95) -> float:
    """Lower one-sided bound of a rate k of n, shrunk towards an overall rate, as a fraction.

    The posterior quantile under a Beta(prior_n * overall, prior_n * (1 - overall)) prior (Gelman et
    al., Bayesian Data Analysis, section 2.4). 0 where the overall rate is 0, k's own share where it is 1."""
    if not 0 < overall < 1:
        return k / n if overall and n else 0.0
    return float(betaincinv(k + prior_n * overall, n - k + prior_n * (1 - overall), 1 - level))
