"""The smallest detectable difference between two arms, before the comparison is made."""

import numpy as np
from scipy.special import ndtr, ndtri


def minimum_effect(n: int, discordance: float, power: float = 0.8, level: float = 0.05) -> float | None:
    """The smallest difference of two accuracies, a fraction, that n shared questions show with this power.

    `discordance` is the share of the questions on which the arms differ; the test is McNemar's, two-sided at
    the level. Solved for the difference d from Miettinen's sample size (Biometrics 1968, 24:339; Connor,
    Biometrics 1987, 43:207): sqrt(n) d = z_level sqrt(discordance) + z_power sqrt(discordance - d^2). The
    exact test sees a little less. None where even a difference of the whole discordance would be missed."""
    if not (n > 0 and 0 < discordance <= 1):
        return None
    z_level, z_power = float(-ndtri(level / 2)), float(ndtri(power))
    inner = n + z_power**2 - z_level**2
    if inner < 0:
        return None
    root = float(np.sqrt(n)) * z_level + z_power * float(np.sqrt(inner))
    effect = float(np.sqrt(discordance)) * root / (n + z_power**2)
    return effect if effect <= discordance else None


def power_of(n: int, discordance: float, effect: float, level: float = 0.05) -> float:
    """The chance to see a difference of `effect` on n shared questions: the inverse of `minimum_effect`."""
    spread = float(np.sqrt(max(discordance - effect**2, 1e-12)))
    z_level = float(-ndtri(level / 2))
    return float(ndtr((abs(effect) * np.sqrt(n) - z_level * np.sqrt(discordance)) / spread))


def chance_discordance(accuracy: float, other: float | None = None) -> float:
    """Share of questions on which two arms differ if the answers of one say nothing of the other's: p (1 - q)
    + q (1 - p). An arm trained from the other answers much alike, so that its share is smaller."""
    q = accuracy if other is None else other
    return accuracy * (1 - q) + q * (1 - accuracy)
