"""What a comparison came to, in plain sentences: the best arm, its gain, and the controls it has to beat."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from stat_engine.config.method import METHODS
from stat_engine.stages.evaluate import Difference, difference

STAT = ("stat-sel", "stat-syn")
"""The paper's own methods; every other method is a control."""


def verdict(base: dict[str, Any], arms: Sequence[dict[str, Any]], shares: pd.DataFrame) -> list[str]:
    """One to three sentences on arms sorted best first.

    An arm stands out from another when the 95% interval of their paired difference holds no zero; that is not
    corrected for the number of arms."""
    if not arms:
        return [
            f"Only the student itself is evaluated: {base['accuracy']:.3f}. Train an arm to compare it with."
        ]
    best, ours = arms[0], next((arm for arm in arms if _method(arm) in STAT), None)
    said = [_gain(best, base)]
    if ours is None:
        return [*said, "No arm here was trained by STAT-Sel or STAT-Syn."]
    controls = {
        arm["arm"]: difference(shares[ours["arm"]], shares[arm["arm"]])
        for arm in arms
        if _method(arm) in METHODS and _method(arm) not in STAT
    }
    if not controls:
        return [*said, "No control is evaluated, so nothing says that the choice of questions made the gain."]
    return [*said, *_against(ours["arm"], controls)]


def signed(found: Difference) -> str:
    """A difference with its interval, as in +0.041 (+0.030 to +0.052)."""
    return f"{found.difference:+.3f} ({found.ci_low:+.3f} to {found.ci_high:+.3f})"


def _gain(best: dict[str, Any], base: dict[str, Any]) -> str:
    found = Difference(best["gain"], best["gain_low"], best["gain_high"], best["p_vs_base"], 0, 0, 0)
    return (
        f"Best arm: {best['arm']} with {best['accuracy']:.3f}, against {base['accuracy']:.3f} for the "
        f"student itself: {signed(found)}{_chance(found)}."
    )


def _against(ours: str, controls: dict[str, Difference]) -> list[str]:
    beating = {arm: _turned(found) for arm, found in controls.items() if found.ci_high < 0}
    above = {arm: _turned(found) for arm, found in controls.items() if found.difference < 0 <= found.ci_high}
    out = {arm: found for arm, found in controls.items() if found.ci_low > 0}
    level = {arm: found for arm, found in controls.items() if arm not in (*beating, *above, *out)}
    said = []
    if beating:
        said.append(f"{_plural('Control', beating)} ahead of {ours} beyond chance: {_each(beating)}.")
    if above:
        said.append(f"{_plural('Control', above)} ahead of {ours} within chance: {_each(above)}.")
    if out:
        said.append(f"{ours} stands out from {_each(out)}.")
    if level:
        said.append(f"{ours} does not stand out from {_each(level)}.")
    return said


def _each(found: Mapping[str, Difference]) -> str:
    return "; ".join(f"{arm}, {signed(difference)}" for arm, difference in found.items())


def _chance(found: Difference) -> str:
    return "" if found.ci_low > 0 or found.ci_high < 0 else ", which may be chance"


def _turned(found: Difference) -> Difference:
    return Difference(
        -found.difference, -found.ci_high, -found.ci_low, found.p_value, found.n_lost, found.n_gained,
        found.n_questions,
    )  # fmt: skip


def _method(arm: dict[str, Any]) -> str:
    """An arm's method by its card; one that was evaluated elsewhere has its name alone."""
    return str(arm["method"] or arm["arm"])


def _plural(word: str, names: Collection[str]) -> str:
    return word if len(names) == 1 else f"{word}s"
