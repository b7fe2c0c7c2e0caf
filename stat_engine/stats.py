"""Intervals and paired tests. Sources stand in the docstrings; scipy computes."""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, betaincinv, ndtri

Correction = Literal["benjamini-hochberg", "holm", "none"]
"""What is held at the level: the share of false finds, the chance of any, or nothing."""


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


def newcombe(k: int, n: int, other_k: int, other_n: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of the difference k / n - other_k / other_n of two independent proportions, as fractions.

    Built from the two Wilson intervals (method 10 of Newcombe, Statistics in Medicine 1998, 17:873).
    (-1, 1) where either n is 0: nothing is known."""
    if not n or not other_n:
        return -1.0, 1.0
    (low, high), (other_low, other_high) = wilson(k, n, level), wilson(other_k, other_n, level)
    p, other = k / n, other_k / other_n
    below, above = np.hypot(p - low, other_high - other), np.hypot(high - p, other - other_low)
    return max(-1.0, float(p - other - below)), min(1.0, float(p - other + above))


def rogan_gladen(
    k: int, n: int, detected: int, n_present: int, passed: int, n_absent: int, level: float = 0.95
) -> tuple[float, float, float] | None:
    """True share behind k of n findings of an imperfect test, with its interval, as fractions.

    (k / n + specificity - 1) / (sensitivity + specificity - 1), cut to [0, 1] (Rogan & Gladen, American
    Journal of Epidemiology 1978), where the test found `detected` of `n_present` true cases and passed
    `passed` of `n_absent` others. The interval also carries how few those are (Lang & Reiczigel,
    Preventive Veterinary Medicine 2014). None where nothing is known or the test is as good as chance."""
    if not (n and n_present and n_absent) or detected / n_present + passed / n_absent <= 1:
        return None
    sensitivity, specificity = detected / n_present, passed / n_absent
    share = (k / n + specificity - 1) / (sensitivity + specificity - 1)
    z = float(-ndtri((1 - level) / 2))
    found, tried = (k + z * z / 2) / (n + z * z), n + z * z
    se, sp = (detected + 1) / (n_present + 2), (passed + 1) / (n_absent + 2)
    centre = (found + sp - 1) / (se + sp - 1)
    of_se, of_sp = se * (1 - se) / (n_present + 2), sp * (1 - sp) / (n_absent + 2)
    shift = 2 * z * z * (centre * of_se - (1 - centre) * of_sp)
    error = np.sqrt(found * (1 - found) / tried + of_se * centre**2 + of_sp * (1 - centre) ** 2)
    low, share, high = np.clip(
        [centre + shift - z * error / (se + sp - 1), share, centre + shift + z * error / (se + sp - 1)], 0, 1
    )
    return float(share), float(min(low, share)), float(max(high, share))


def mcnemar(ours: ArrayLike, theirs: ArrayLike) -> float:
    """Two-sided exact p-value of the paired McNemar test (McNemar, Psychometrika 1947).

    One entry a question, paired: 1 right, 0 wrong, or its share right over seeds and samples. With shares it
    is the randomisation test that McNemar's is a case of (Fisher, The Design of Experiments, 1935, section
    21): how often the sum of the differences is as far from 0 when a fair coin gives each question's sign. A
    test of the signs alone would let an arm lose a whole question that one seed of three got wrong. Not told
    apart below 1e-12 then."""
    difference = np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float)
    steps = _in_steps(difference[difference != 0])
    if not len(steps):
        return 1.0
    sizes = np.abs(steps)
    if sizes.max() == sizes.min():  # equal sizes: the sum is binomial
        fewer = min((steps > 0).sum(), (steps < 0).sum())
        return min(1.0, 2 * float(bdtr(fewer, len(steps), 0.5)))
    # the sum's distribution over all signs, by its characteristic function
    n = 2 * int(sizes.sum()) + 1
    angles = 2 * np.pi * np.arange(n) / n
    counted = np.ones(n)
    for size, times in zip(*np.unique(sizes, return_counts=True), strict=True):
        counted *= np.cos(size * angles) ** times
    chances = np.fft.fft(counted).real / n
    sums = np.minimum(np.arange(n), n - np.arange(n))
    # below this the transform's rounding is larger than what it sums
    return float(np.clip(chances[sums >= abs(int(steps.sum()))].sum(), 1e-12, 1))


def _in_steps(difference: NDArray[np.float64]) -> NDArray[np.int64]:
    """Differences of shares as whole steps of their common fraction; of a thousandth where that is finer."""
    for parts in range(1, 200):
        steps = np.rint(difference * parts)
        if np.allclose(difference * parts, steps, atol=1e-9, rtol=0):
            return steps.astype(np.int64)
    return np.rint(difference * 1000).astype(np.int64)


def bonett_price(total: ArrayLike, squares: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Any, Any]:
    """Interval of a mean paired difference, as fractions, from the sum and the sum of squares of n of them.

    The adjusted Wald interval for paired proportions (Bonett & Price, Biometrical Journal 2012): one question
    is added that only we have right and one that only they have, which keeps the interval honest where few
    questions moved. Works element by element on arrays; (-1, 1) where n is 0."""
    n = np.asarray(n)
    z, centre = -ndtri((1 - level) / 2), np.asarray(total) / (n + 2)
    half = z * np.sqrt(((np.asarray(squares) + 2) / (n + 2) - centre**2) / (n + 2))
    low, high = np.maximum(-1.0, centre - half), np.minimum(1.0, centre + half)
    return np.where(n == 0, -1.0, low), np.where(n == 0, 1.0, high)


def paired_difference(ours: ArrayLike, theirs: ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """Mean difference of paired shares right with `bonett_price`'s interval: (difference, low, high).

    One entry a question, its share right over seeds and samples: those answer the same question and move
    together, so that the question is the unit and more seeds make no narrower interval by themselves.
    (nan, -1, 1) without questions."""
    difference = np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float)
    n = len(difference)
    low, high = bonett_price(difference.sum(), np.square(difference).sum(), n, level)
    return float(difference.mean()) if n else float("nan"), float(low), float(high)


def corrected(p_values: ArrayLike, correction: Correction) -> NDArray[np.float64]:
    """P-values after correction for their number: compare them with the level as they are.

    benjamini-hochberg holds the expected share of false finds (Benjamini & Hochberg, JRSS B 1995), holm the
    chance of any false find (Holm, Scandinavian Journal of Statistics 1979). Tests of arms and skills that
    share questions depend on each other: Holm's promise stands all the same, Benjamini and Hochberg's where
    they depend positively (Benjamini & Yekutieli, Annals of Statistics 2001)."""
    p = np.asarray(p_values, dtype=float)
    if correction == "none" or p.size == 0:
        return p
    if correction == "holm":
        return _holm(p)
    # half a second to load, which no other verb and no other page needs
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p), dtype=float)


def _holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Step-down: the k-th smallest of m is multiplied by m - k + 1, and never falls below the one before."""
    order, m = np.argsort(p, kind="stable"), len(p)
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * (m - np.arange(m))))
    return adjusted


def shrunken_lower_bound(k: int, n: int, overall: float, prior_n: float, level: float = 0.95) -> float:
    """Lower one-sided bound of a rate k of n, shrunk towards an overall rate, as a fraction.

    The posterior quantile under a Beta(prior_n * overall, prior_n * (1 - overall)) prior (Gelman et
    al., Bayesian Data Analysis, section 2.4). 0 where the overall rate is 0, k's own share where it is 1."""
    if not 0 < overall < 1:
        return k / n if overall and n else 0.0
    return float(betaincinv(k + prior_n * overall, n - k + prior_n * (1 - overall), 1 - level))
