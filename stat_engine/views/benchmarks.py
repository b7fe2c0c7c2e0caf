"""Arms x benchmarks: the shape of the paper's table 3, for every benchmark the run has evaluations of."""

from collections.abc import Mapping, Set
from dataclasses import asdict
from typing import Any

import pandas as pd

from stat_engine.config.benchmarks import BenchmarkConfig
from stat_engine.stages.evaluate import Accuracy, mean_accuracy, unreadable
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.evaluations import Evaluations, benchmarks, difficult_part, evaluations

MEAN = "mean"
COUNTS = ("n_unreadable", "n_responses")
DIFFICULT = "difficult"
"""The part of a benchmark that the student itself finds difficult: the paper's MATH^D."""


def benchmark_table(run: RunFolder) -> pd.DataFrame:
    """The paper's table 3, one row a cell: arm, benchmark, part, metric, accuracy, ci_low, ci_high,
    n_questions, n_unreadable and n_responses (of whole benchmarks; null elsewhere).

    `part` is empty for a whole benchmark, `difficult` for its difficult questions; benchmark `mean` is the
    plain mean over all columns. Arms stand in the order of their mean, the base first."""
    grids = {name: evaluations(run, name) for name in benchmarks(run)}
    difficult = {name: difficult_part(run, name) for name in grids}
    metrics = {name: metric_words(run.benchmark(name)) for name in grids}
    rows = []
    for arm in dict.fromkeys(arm for of in grids.values() for arm in of.arms):
        columns = _columns(grids, difficult, arm)
        for name, part in columns:
            cell = _cell(grids[name], arm, difficult[name] if part else None)
            rows.append({"arm": arm, "benchmark": name, "part": part, "metric": metrics[name], **cell})
        mean = asdict(mean_accuracy(list(columns.values())))
        rows.append({"arm": arm, "benchmark": MEAN, "part": "", "metric": "", **mean})
    table = pd.DataFrame(rows)
    means = table[table.benchmark == MEAN].set_index("arm").accuracy.drop("base")
    order = {arm: at for at, arm in enumerate(["base", *means.sort_values(ascending=False).index])}
    return table.sort_values("arm", key=lambda arms: arms.map(order), kind="stable", ignore_index=True)


def metric_words(of: BenchmarkConfig) -> str:
    """A benchmark's metric with its k, as in pass@4."""
    return of.metric.replace("@k", f"@{of.k}")


def unreadable_sentences(run: RunFolder) -> list[str]:
    """Plain words on the responses that could not be graded, one an arm and benchmark with such."""
    said = []
    for name in benchmarks(run):
        for arm, counts in evaluations(run, name).counts.items():
            sentence = unreadable(*counts)
            said += [f"{arm} on {name}: {sentence}."] if sentence else []
    return said


def _cell(of: Evaluations, arm: str, ids: Set[str] | None) -> dict[str, Any]:
    if arm not in of.shares:
        return asdict(Accuracy(float("nan"), 0.0, 1.0, 0))
    counts = {} if ids is not None else dict(zip(COUNTS, of.counts[arm], strict=True))
    return asdict(of.accuracy(arm, ids)) | counts


def _columns(
    grids: Mapping[str, Evaluations], difficult: Mapping[str, Set[str]], arm: str
) -> dict[tuple[str, str], "pd.Series[float]"]:
    """An arm's shares by (benchmark, part), questions told apart by benchmark and id; NaN: not asked."""
    found = {}
    for name, of in grids.items():
        shares = of.shares[arm] if arm in of.shares else pd.Series(index=of.shares.index, dtype=float)
        for part, ids in (("", of.shares.index), (DIFFICULT, list(difficult[name]))):
            if len(ids):
                found[name, part] = pd.concat({name: shares[shares.index.isin(ids)]})
    return found
