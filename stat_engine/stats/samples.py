"""Several samples for each question: pass@k, and the effective number of independent answers."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from stat_engine.stats.proportions import wilson


def pass_at_k(n: ArrayLike, c: ArrayLike, k: int) -> NDArray[np.float64]:
    """Chance that one or more of k samples are right, from c right of n: 1 - C(n-c, k) / C(n, k).

    The unbiased estimator of Chen et al. (Evaluating Large Language Models Trained on Code, arXiv 2107.03374,
    equation 1); with k = 1 it is the share right, c / n. NaN where fewer than k samples are there: nothing
    unbiased is possible. Works element by element; fractions."""
    n, c = np.asarray(n, dtype=float), np.asarray(c, dtype=float)
    wrong = np.maximum(n - c, k)  # where fewer than k are wrong, one of any k is right
    ways = gammaln(wrong + 1) - gammaln(wrong - k + 1) - gammaln(n + 1) + gammaln(np.maximum(n, k) - k + 1)
    chance = c / np.maximum(n, 1) if k == 1 else np.where(n - c < k, 1.0, -np.expm1(ways))
    return np.where(n < k, np.nan, chance)


def effective_n(shares: ArrayLike, samples: float = 1.0) -> float:
    """How many independent answers give the mean of these shares its variance: `samples` or fewer a question.

    The questions are the clusters: m (1 - m) over the variance of the mean of their shares, which is n over
    Kish's design effect (Survey Sampling, 1965, section 8.2). Never under the number of questions n, which it
    is where every share is 0 or 1, and never over n times `samples`, which it is where a question's samples
    are right independently of one another. 0 without questions."""
    values = np.asarray(shares, dtype=float)
    n = len(values)
    if not n:
        return 0.0
    mean = float(values.mean())
    variance = float(np.square(values - mean).sum()) / n**2
    most = n * max(samples, 1.0)
    if not variance:  # questions that are all alike, and all right or all wrong, say nothing of samples
        return most if 0 < mean < 1 else float(n)
    return float(np.clip(mean * (1 - mean) / variance, n, most))


def clustered(shares: ArrayLike, samples: float = 1.0, level: float = 0.95) -> tuple[float, float]:
    """Interval of the mean of shares right that rest on `samples` each, as fractions.

    Wilson's with `effective_n` for the number of questions (Franco et al., Journal of Survey Statistics and
    Methodology 2019, 7:334, section 2): as wide as the plain one where a question's samples are all alike,
    narrower the less they are. (0, 1) without questions."""
    values = np.asarray(shares, dtype=float)
    worth = effective_n(values, samples)
    return wilson(float(values.sum()) * (worth / len(values)), worth, level) if len(values) else (0.0, 1.0)
