"""Table 8 of the paper for a run: the filter against correctness under every pair of thresholds, in one go.

A response passes (tau1, tau2) when both its rewards lie above: the lower of final and mean above tau1,
the lowest earlier step above tau2. So each response is put in the cell of the first thresholds that catch
it, and the responses that pass a pair are a sum over the cells beyond it: each row is looked at once."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stat_engine.config import DifficultyConfig
from stat_engine.stages.difficulty import Difficulty

STEPS = tuple(round(at / 20, 2) for at in range(21))
"""0, 0.05 .. 1: the paper's own thresholds are among them."""
BLOCK = 2048
"""Questions in memory at a time."""
Cells = NDArray[np.int64]


def confusion_grid(
    found: Difficulty, config: DifficultyConfig, steps: Sequence[float] = STEPS
) -> pd.DataFrame:
    """One row a pair of thresholds: tau1, tau2, tp, fp, fn, tn, positive = difficult, against wrong.

    The counts are those of `difficulty.summarise` under that pair. `found` is the run's difficulty under any
    thresholds; its filter must be `prm`. Questions of unknown correctness or without rewards are left out."""
    questions = found.questions
    counted = questions.is_wrong.notna() & questions.is_judged
    wrong = questions.is_wrong.fillna(False).to_numpy(bool)
    first = _first_catches(found.responses, config, steps)
    codes, cells = _judged_rows(found.responses, first, config)
    difficult_wrong = difficult_right = np.zeros((len(steps), len(steps)), dtype=np.int64)
    for begin in range(0, len(questions), BLOCK):
        block = slice(begin, begin + BLOCK)
        low, high = np.searchsorted(codes, [begin, begin + BLOCK])
        flags = _difficult(codes[low:high] - begin, cells[:, low:high], len(wrong[block]), len(steps), config)
        of_wrong, is_counted = wrong[block], counted[block].to_numpy(bool)
        difficult_wrong = difficult_wrong + flags[of_wrong & is_counted].sum(axis=0)
        difficult_right = difficult_right + flags[~of_wrong & is_counted].sum(axis=0)
    n_wrong, n = int((wrong & counted).sum()), int(counted.sum())
    tp, fp = difficult_wrong.ravel(), difficult_right.ravel()
    pairs = pd.MultiIndex.from_product([steps, steps], names=["tau1", "tau2"]).to_frame(index=False)
    return pairs.assign(tp=tp, fp=fp, fn=n_wrong - tp, tn=n - n_wrong - fp)


def _first_catches(rows: pd.DataFrame, config: DifficultyConfig, steps: Sequence[float]) -> Cells:
    """Index of the first tau1, and of the first tau2, that catches each row; len(steps): none does."""
    before = rows.min_before_final if config.rule == "paper" else rows.min_after_first
    lowest = np.fmin(rows.final.to_numpy(), rows["mean"].to_numpy())
    found = [np.searchsorted(steps, reward) for reward in (lowest, before.to_numpy())]
    first = np.stack(found)  # a missing reward sorts after every threshold
    off = np.asarray(steps).searchsorted(0, side="right")  # a threshold of 0 is switched off
    return np.maximum(first, off)


def _judged_rows(rows: pd.DataFrame, cells: Cells, config: DifficultyConfig) -> tuple[Cells, Cells]:
    """Question number and cells of the rows that count, by question: with rewards, or the best by mean."""
    codes = rows.question_id.astype("category").cat.codes.to_numpy().astype(np.int64)
    means = rows["mean"].fillna(-1).to_numpy()
    if config.aggregate_used() == "best-mean":
        order = np.lexsort((np.arange(len(codes)), -means, codes))
        order = order[np.diff(codes[order], prepend=-1) > 0]
    else:
        order = np.argsort(codes, kind="stable")
    order = order[rows.final.notna().to_numpy()[order]]
    return codes[order], cells[:, order]


def _difficult(
    codes: Cells, cells: Cells, n_questions: int, n_steps: int, config: DifficultyConfig
) -> NDArray[np.bool_]:
    """Which questions of a block are difficult under each pair: questions x steps x steps."""
    side = n_steps + 1
    at = (codes * side + cells[0]) * side + cells[1]
    counts = np.bincount(at, minlength=n_questions * side * side).reshape(n_questions, side, side)
    passing = counts[:, ::-1, ::-1].cumsum(axis=1).cumsum(axis=2)[:, ::-1, ::-1]
    n = passing[:, :1, :1]
    caught = n - passing[:, 1:, 1:]
    if config.aggregate_used() == "half":
        return np.asarray((n > 0) & (2 * caught >= n))
    return np.asarray((n > 0) & (caught == n) if config.aggregate_used() == "all" else caught > 0)
