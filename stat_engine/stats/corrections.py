"""Corrections of p-values for multiple comparisons: Holm, Benjamini-Hochberg."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Correction = Literal["benjamini-hochberg", "holm", "none"]
"""What is held at the level: the share of false finds, the chance of any, or nothing."""


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
