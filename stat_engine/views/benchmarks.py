"""Arms x benchmarks: the shape of the paper's table 3, for every benchmark the run has evaluations of."""

from collections.abc import Mapping, Set
from dataclasses import asdict

import pandas as pd

from stat_engine.stages.evaluate import accuracy, mean_accuracy
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.evaluations import Evaluations, benchmarks, difficult_part, evaluations

DIFFICULT = "difficult"
"""The part of a benchmark that the student itself finds difficult: the paper's MATH^D."""


def benchmark_table(run: RunFolder) -> pd.DataFrame:
    """The paper's table 3, one row a cell: arm, benchmark, part, accuracy, ci_low, ci_high, n_questions.

    `part` is empty for a whole benchmark, `difficult` for its difficult questions; benchmark `mean` is the
    plain mean over all columns. Arms stand in the order of their mean, the base first."""
    grids = [evaluations(run, name) for name in benchmarks(run)]
    difficult = {of.benchmark: difficult_part(run, of.benchmark) for of in grids}
    rows = []
    for arm in dict.fromkeys(arm for of in grids for arm in of.arms):
        columns = _columns(grids, difficult, arm)
        cells = [{"benchmark": b, "part": part, **asdict(accuracy(s))} for (b, part), s in columns.items()]
        mean = {"benchmark": "mean", "part": "", **asdict(mean_accuracy(list(columns.values())))}
        rows += [{"arm": arm, **cell} for cell in (*cells, mean)]
    table = pd.DataFrame(rows)
    means = table[table.benchmark == "mean"].set_index("arm").accuracy.drop("base")
    order = {arm: at for at, arm in enumerate(["base", *means.sort_values(ascending=False).index])}
    return table.sort_values("arm", key=lambda arms: arms.map(order), kind="stable", ignore_index=True)


def _columns(
    grids: list[Evaluations], difficult: Mapping[str, Set[str]], arm: str
) -> dict[tuple[str, str], "pd.Series[float]"]:
    """An arm's shares by (benchmark, part), questions told apart by benchmark and id; NaN: not asked."""
    found = {}
    for of in grids:
        shares = of.shares[arm] if arm in of.shares else pd.Series(index=of.shares.index, dtype=float)
        for part, ids in (("", of.shares.index), (DIFFICULT, list(difficult[of.benchmark]))):
            if len(ids):
                found[of.benchmark, part] = pd.concat({of.benchmark: shares[shares.index.isin(ids)]})
    return found
