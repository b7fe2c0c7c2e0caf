"""Intervals of one proportion, and of the difference of two independent ones."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaln, ndtri


def clopper_pearson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a proportion k of n, as fractions (Clopper & Pearson, Biometrika 1934).

    (0, 1) where n is 0: nothing is known."""
    if n == 0:
        return 0.0, 1.0
    alpha = 1 - level
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, alpha / 2))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - alpha / 2))
    return low, high


def wilson(k: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Score interval of a proportion k of n, as fractions (Wilson, JASA 1927).

    k may be a mean over seeds and then need not be whole; n stays the number of questions, because
    seeds answer the same questions and add no new ones. Where n is `effective_n`, both need not be whole.
    (0, 1) where n is 0."""
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


def shrunken_lower_bound(k: int, n: int, overall: float, prior_n: float, level: float = 0.95) -> float:
    """Lower one-sided bound of a rate k of n, shrunk towards an overall rate, as a fraction.

    The posterior quantile under a Beta(prior_n * overall, prior_n * (1 - overall)) prior (Gelman et
    al., Bayesian Data Analysis, section 2.4). 0 where the overall rate is 0, k's own share where it is 1."""
    if not 0 < overall < 1:
        return k / n if overall and n else 0.0
    return float(betaincinv(k + prior_n * overall, n - k + prior_n * (1 - overall), 1 - level))


def fisher_greater(k: int, n: int, other_k: int, other_n: int) -> float:
    """P-value of Fisher's exact test that k of n is a greater share than other_k of other_n.

    The chance of k or more among n draws without replacement from all n + other_n, of which k + other_k count
    (Fisher, Statistical Methods for Research Workers, 1934). 1 where either n is 0."""
    if not n or not other_n:
        return 1.0
    total, counting = n + other_n, k + other_k
    found = np.arange(k, min(n, counting) + 1)

    def ways(of: NDArray[np.int64] | int, taken: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray(gammaln(of + 1) - gammaln(taken + 1) - gammaln(of - taken + 1))

    logs = ways(counting, found) + ways(total - counting, n - found) - ways(total, np.asarray([n]))
    return float(min(1.0, np.exp(logs).sum()))
