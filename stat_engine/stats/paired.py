"""Two arms on the same questions: the paired test and the interval of their difference."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, ndtri


def mcnemar(ours: ArrayLike, theirs: ArrayLike) -> float:
    """Two-sided exact p-value of the paired McNemar test (McNemar, Psychometrika 1947).

    Exact below 25 questions on which the two differ, and above too: the chi-square approximation that is
    common there is not used, as the binomial sum costs nothing.

    One entry a question, paired: 1 right, 0 wrong, or its share right over seeds and samples. With shares it
    is the randomisation test that McNemar's is a case of (Fisher, The Design of Experiments, 1935, section
    21): how often the sum of the differences is as far from 0 when a fair coin gives each question's sign. A
    test of the signs alone would let an arm lose a whole question that one seed of three got wrong. P-values
    below 1e-12 are then not distinguished."""
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
    is added that only we have right and one that only they have, so that the interval is not too short where
    few questions moved. Works element by element on arrays; (-1, 1) where n is 0."""
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
