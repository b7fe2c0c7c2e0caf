"""The filter against correctness: under every pair of thresholds (table 8), beside others (table 11)."""

from typing import TypedDict

import numpy as np
import pandas as pd

from stat_engine.config import DifficultyConfig
from stat_engine.errors import StatError
from stat_engine.method import computed
from stat_engine.method.difficulty import Confusion, confusion_grid, summarise
from stat_engine.stats import wilson
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.difficult import with_thresholds

MEASURES = ("f1", "accuracy", "precision", "recall")
"""Of `difficult` as a prediction of `wrong`."""
GRID_COLUMNS = ["tau1", "tau2", "tp", "fp", "fn", "tn", *MEASURES]
"""Thresholds in [0, 1]; questions by filter and correctness; MEASURES as fractions (NaN: of no question)."""
OTHERS = ("consistency", "length", "orm")
"""The paper's other filters."""


class Measure(TypedDict):
    """One of MEASURES with its sample size and interval."""

    value: float | None
    """Fraction; null: of no question."""
    n: int
    """Questions that it is a fraction of."""
    ci_low: float | None
    ci_high: float | None
    """95% Wilson; null: F1, which is no proportion."""


class FilterRow(TypedDict):
    """What one filter finds in a run."""

    filter: str
    setting: str
    """When it calls a question difficult, in words."""
    reason: str | None
    """Why it cannot be used here; null: it can."""
    n_difficult: int | None
    n_questions: int | None
    """Null: it cannot be used here."""
    quality: dict[str, Measure] | None
    """By name in MEASURES; null: no question's correctness is known, or it cannot be used here."""


def quality(confusion: Confusion) -> dict[str, Measure]:
    """{name in MEASURES: its value} of a confusion, positive = difficult."""
    tp, fp, fn, tn = confusion["tp"], confusion["fp"], confusion["fn"], confusion["tn"]
    n = 2 * tp + fp + fn
    return {
        "accuracy": _share(tp + tn, tp + fp + fn + tn),
        "precision": _share(tp, tp + fp),
        "recall": _share(tp, tp + fn),
        "f1": {"value": 2 * tp / n if n else None, "n": tp + fp + fn, "ci_low": None, "ci_high": None},
    }


def grid(run: RunFolder) -> pd.DataFrame | None:
    """One row a pair of thresholds with GRID_COLUMNS.

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
    )[GRID_COLUMNS]


PAPER_TAUS = (0.0, 0.8, 0.85, 0.9), (0.0, 0.6, 0.7, 0.8)
"""Values of tau1 and of tau2 in the paper's table 8."""


def of_paper(grid: pd.DataFrame) -> pd.DataFrame:
    """The rows of `grid` that the paper's table 8 has: 16 pairs of thresholds, in its order."""
    tau1, tau2 = PAPER_TAUS
    return grid[grid.tau1.isin(tau1) & grid.tau2.isin(tau2)].reset_index(drop=True)


def compared(run: RunFolder) -> list[FilterRow]:
    """The reward filter under the run's own thresholds, then OTHERS, a row each."""
    return [_row(run, run.config.difficulty.model_copy(update={"filter": name})) for name in ("prm", *OTHERS)]


def compared_at(run: RunFolder, tau1: float, tau2: float) -> FilterRow:
    """The reward filter's row of `compared` under these thresholds."""
    config = with_thresholds(run, tau1, tau2)
    return _row(run, config.model_copy(update={"filter": "prm"}))


def _share(k: int, n: int) -> Measure:
    low, high = wilson(k, n)
    return {"value": k / n if n else None, "n": n, "ci_low": low, "ci_high": high}


def _row(run: RunFolder, config: DifficultyConfig) -> FilterRow:
    row: FilterRow = {
        "filter": config.filter, "setting": setting_in_words(config), "reason": None, "n_difficult": None,
        "n_questions": None, "quality": None,
    }  # fmt: skip
    try:
        if config.filter == "orm" and not _has_outcome_rewards(run):
            raise StatError("no response has an outcome reward")
        counts = summarise(computed.difficulty(run, config))
    except StatError as error:
        return {**row, "reason": str(error)}
    return {
        **row,
        "n_difficult": counts["n_difficult"],
        "n_questions": counts["n_questions"],
        "quality": quality(counts["confusion"]) if counts["confusion"] else None,
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
