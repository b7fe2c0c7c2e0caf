"""The filter against correctness: under every pair of thresholds (table 8), beside others (table 11)."""

from typing import Any

import numpy as np
import pandas as pd

from stat_engine.config import DifficultyConfig
from stat_engine.errors import StatError
from stat_engine.method import computed
from stat_engine.method.difficulty import Difficulty, confusion_grid, summarise
from stat_engine.stats import wilson
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.difficult import with_thresholds

MEASURES = ("f1", "accuracy", "precision", "recall")
OTHERS = ("consistency", "length", "orm")


def quality(confusion: dict[str, int]) -> dict[str, dict[str, Any]]:
    """{measure: {"value" (fraction), "n", "ci_low", "ci_high"}} of a confusion, positive = difficult.

    Wilson's interval (95%) for the three that are proportions of n questions; F1, a mean of two, has None.
    `value` is None where n is 0."""
    tp, fp, fn, tn = (confusion[key] for key in ("tp", "fp", "fn", "tn"))
    shares = {"accuracy": (tp + tn, tp + fp + fn + tn), "precision": (tp, tp + fp), "recall": (tp, tp + fn)}
    found = {
        name: {
            "value": k / n if n else None,
            "n": n,
            **dict(zip(("ci_low", "ci_high"), wilson(k, n), strict=True)),
        }
        for name, (k, n) in shares.items()
    }
    n = 2 * tp + fp + fn
    f1 = {"value": 2 * tp / n if n else None, "n": tp + fp + fn, "ci_low": None, "ci_high": None}
    return found | {"f1": f1}


def grid(run: RunFolder) -> pd.DataFrame | None:
    """One row a pair of thresholds: tau1, tau2, tp, fp, fn, tn and MEASURES as fractions (NaN: of none).

    None where no question's correctness is known, or the run's filter has no thresholds."""
    config = run.config.difficulty
    found = computed.difficulty(run, config)
    if config.filter != "prm" or summarise(found)["confusion"] is None:
        return None
    rows = confusion_grid(found, config)
    tp, fp, fn, tn = (rows[key].astype(float) for key in ("tp", "fp", "fn", "tn"))
    return rows.assign(
        f1=2 * tp / (2 * tp + fp + fn).replace(0, np.nan),
        accuracy=(tp + tn) / (tp + fp + fn + tn),
        precision=tp / (tp + fp).replace(0, np.nan),
        recall=tp / (tp + fn).replace(0, np.nan),
    )


def compared(run: RunFolder) -> list[dict[str, Any]]:
    """One row a filter: `filter`, `setting`, `n_difficult`, `n_questions`, and `quality` or a `reason`.

    The reward filter under the run's own thresholds, then those of table 11; `quality` is None where no
    question's correctness is known. An outcome reward is listed where responses have one."""
    return [_row(run, run.config.difficulty.model_copy(update={"filter": name})) for name in ("prm", *OTHERS)]


def compared_at(run: RunFolder, tau1: float, tau2: float) -> dict[str, Any]:
    """The reward filter's row of `compared` under these thresholds."""
    config = with_thresholds(run, tau1, tau2)
    return _row(run, config.model_copy(update={"filter": "prm"}))


def _row(run: RunFolder, config: DifficultyConfig) -> dict[str, Any]:
    row: dict[str, Any] = {"filter": config.filter, "setting": setting_in_words(config)}
    try:
        if config.filter == "orm" and not _has_outcome_rewards(run):
            raise StatError("no response has an outcome reward")
        found = computed.difficulty(run, config)
    except StatError as error:
        return row | {"reason": str(error), "quality": None, "n_difficult": None, "n_questions": None}
    return row | _figures(found)


def _figures(found: Difficulty) -> dict[str, Any]:
    counts: dict[str, Any] = summarise(found)
    confusion = counts["confusion"]
    return {
        "reason": None,
        "quality": quality(confusion) if confusion else None,
        "n_difficult": counts["n_difficult"],
        "n_questions": counts["n_questions"],
    }


def setting_in_words(config: DifficultyConfig) -> str:
    """When a filter calls a question difficult, in a few words."""
    return {
        "prm": f"τ1 = {config.tau1:g}, τ2 = {config.tau2:g}",
        "orm": f"outcome reward at or below {config.orm_tau:g}",
        "consistency": f"fewer than {config.min_agreeing} samples agree",
        "length": f"at least {config.max_words:g} words on average",
        "ground-truth": "the answer is wrong",
    }[config.filter]


def _has_outcome_rewards(run: RunFolder) -> bool:
    return bool(computed.scored_responses(run, with_answers=False).outcome_reward.notna().any())
