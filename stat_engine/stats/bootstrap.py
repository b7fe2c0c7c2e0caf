"""Paired bootstrap of two arms over questions and over fine-tuning seeds."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

REPLICATES = 4000
"""Efron and Tibshirani ask for at least 1,000 where an interval's ends are wanted."""
_AT_ONCE = 250


def paired_bootstrap(
    ours: ArrayLike, theirs: ArrayLike, level: float = 0.95, replicates: int = REPLICATES, seed: int = 0
) -> tuple[float, float]:
    """Percentile interval of the difference of two arms' accuracies over questions and seeds, as fractions.

    `ours` and `theirs` are shares right, a row a seed and a column a question, the same questions in the same
    order. Each replicate draws questions, the same for both arms, and each arm's seeds (the pigeonhole
    bootstrap: Owen, Annals of Applied Statistics 2007, 1:386; percentiles: Efron & Tibshirani, An
    Introduction to the Bootstrap, 1993, chapter 13). An arm with one seed has no spread over seeds to draw
    from, and with few the interval is still too narrow: of the variance over s seeds, (s - 1) / s is seen.
    (-1, 1) without questions."""
    own, other = np.atleast_2d(np.asarray(ours, float)), np.atleast_2d(np.asarray(theirs, float))
    n = own.shape[1]
    if not n:
        return -1.0, 1.0
    rng, found = np.random.default_rng(seed), []
    for at in range(0, replicates, _AT_ONCE):
        size = min(_AT_ONCE, replicates - at)
        questions = _drawn(rng, n, size)
        moved = _drawn(rng, len(own), size) @ own - _drawn(rng, len(other), size) @ other
        found.append(np.einsum("rq,rq->r", questions, moved))
    low, high = np.quantile(np.concatenate(found), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _drawn(rng: np.random.Generator, n: int, replicates: int) -> NDArray[np.float64]:
    """How often each of n is drawn when n are drawn with replacement, as fractions: replicates x n."""
    at = rng.integers(n, size=(replicates, n)) + n * np.arange(replicates)[:, None]
    return np.bincount(at.ravel(), minlength=n * replicates).reshape(replicates, n) / n
