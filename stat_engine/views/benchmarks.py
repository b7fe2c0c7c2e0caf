"""Arms by benchmarks (the paper's table 3), and the smallest detectable difference on each benchmark."""

from collections.abc import Mapping, Set
from dataclasses import asdict
from typing import TypedDict

import numpy as np
import pandas as pd

from stat_engine.config.method import BenchmarkConfig
from stat_engine.errors import NotThereYet, StatError, pass_over
from stat_engine.method import computed
from stat_engine.method.accuracy import Accuracy, mean_accuracy, unreadable
from stat_engine.records import Response
from stat_engine.stats import chance_discordance, minimum_effect
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.evaluations import Evaluations, benchmarks, difficult_part, evaluations
from stat_engine.views.text import plain

CELL_COLUMNS = [
    "arm", "benchmark", "part", "metric", "accuracy", "ci_low", "ci_high", "n_questions", "n_unreadable",
    "n_responses",
]  # fmt: skip
"""`part` is empty for a whole benchmark, DIFFICULT for its difficult questions; benchmark MEAN is the plain
mean over all columns; `n_unreadable` of `n_responses` are of whole benchmarks, null elsewhere."""
MEAN = "mean"
DIFFICULT = "difficult"
"""The part of a benchmark that the student itself finds difficult: the paper's MATH^D."""


class SmallestEffect(TypedDict):
    """The smallest difference from the student that a benchmark shows, for one fine-tuning an arm."""

    benchmark: str
    n_questions: int
    discordance: float
    """Share of the questions on which an arm and the student differ."""
    basis: str
    """Where the discordance is from, in words."""
    power: float
    """Chance to find a difference of this size."""
    level: float
    """Of the two-sided test."""
    effect: float | None
    """Fraction; null: no difference can be seen."""
    sentence: str


def benchmark_table(run: RunFolder) -> pd.DataFrame:
    """The paper's table 3, one row a cell, with CELL_COLUMNS; arms by their mean, the base first."""
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
    table = pd.DataFrame(rows, columns=CELL_COLUMNS)
    means = table[table.benchmark == MEAN].set_index("arm").accuracy.drop("base")
    order = {arm: at for at, arm in enumerate(["base", *means.sort_values(ascending=False).index])}
    return table.sort_values("arm", key=lambda arms: arms.map(order), kind="stable", ignore_index=True)


def columns_of(cells: pd.DataFrame, own: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """(a row an arm and a column a benchmark or part, {column: its heading with n}).

    The run's own benchmark is column `accuracy`; the mean's n counts every question once."""
    keys = cells.benchmark + cells.part.map(lambda part: f" {part}" if part else "")
    named = cells.assign(column=keys.where(keys != own, "accuracy"))
    table = named.pivot(index="arm", columns="column", values="accuracy")
    order = list(dict.fromkeys(named.column))
    names = {}
    for column, rows in named.groupby("column", sort=False):
        words = plain(rows.benchmark.iloc[0]) + (", difficult part" if rows.part.iloc[0] else "")
        names[str(column)] = f"{words} (n = {rows.n_questions.max():,})"
    arms_in_order = list(dict.fromkeys(cells.arm))
    return table.loc[arms_in_order, order].reset_index(), names


def cell_words(cells: pd.DataFrame, n_usual: "pd.Series[int]") -> list[str]:
    """Each cell as text: accuracy and interval, and n where it is not the column's."""
    columns = (cells.accuracy, cells.ci_low, cells.ci_high, cells.n_questions, n_usual)
    return [_words(*cell) for cell in zip(*columns, strict=True)]


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


def smallest_effects(
    run: RunFolder,
    benchmark: str | None = None,
    n_questions: int | None = None,
    discordance: float | None = None,
    power: float = 0.8,
    level: float = 0.05,
) -> list[SmallestEffect]:
    """The smallest difference from the student that each benchmark, or the one named, shows; a row each.

    The discordance is the one given, else as measured on the run's arms, else as if arm and student answered
    independently. Raises StatError for a benchmark that is none and for numbers out of range."""
    for name, value in (("discordance", discordance), ("power", power), ("level", level)):
        if value is not None and not 0 < value < 1:
            raise StatError(f"{name}: found {value:g}, expected a fraction between 0 and 1")
    if n_questions is not None and n_questions < 1:
        raise StatError(f"questions: found {n_questions}, expected at least 1")
    rows: list[SmallestEffect] = []
    for name in [benchmark] if benchmark else run.benchmark_names():
        n = n_questions or _n_questions(run, name)
        share, basis = (discordance, "as given") if discordance else _discordance(run, name)
        row: SmallestEffect = {
            "benchmark": name, "n_questions": n, "discordance": share, "basis": basis, "power": power,
            "level": level, "effect": minimum_effect(n, share, power, level), "sentence": "",
        }  # fmt: skip
        rows.append({**row, "sentence": _sentence(row)})
    return rows


def _cell(of: Evaluations, arm: str, ids: Set[str] | None) -> dict[str, object]:
    if arm not in of.shares:
        return asdict(Accuracy(float("nan"), 0.0, 1.0, 0))
    n_unreadable, n_responses = of.counts[arm]
    counts = {} if ids is not None else {"n_unreadable": n_unreadable, "n_responses": n_responses}
    return asdict(of.accuracy(arm, ids)) | counts


def _columns(
    grids: Mapping[str, Evaluations], difficult: Mapping[str, Set[str]], arm: str
) -> dict[tuple[str, str], "pd.Series[float]"]:
    """An arm's shares by (benchmark, part), questions identified by benchmark and id; NaN: not asked."""
    found = {}
    for name, of in grids.items():
        shares = of.shares[arm] if arm in of.shares else pd.Series(index=of.shares.index, dtype=float)
        for part, ids in (("", of.shares.index), (DIFFICULT, list(difficult[name]))):
            if len(ids):
                found[name, part] = pd.concat({name: shares[shares.index.isin(ids)]})
    return found


def _words(value: float, low: float, high: float, n: int, n_usual: int) -> str:
    if not n:
        return "not asked"
    return f"{value:.3f} ({low:.3f}–{high:.3f})" + ("" if n == n_usual else f", n = {n:,}")


def _sentence(row: SmallestEffect) -> str:
    how = (
        f"({row['power']:.0%} power at level {row['level']:g}; arm and student differ on "
        f"{row['discordance']:.0%} of the questions, {row['basis']})"
    )
    on = f"on {row['n_questions']:,} questions of {row['benchmark']}"
    if row["effect"] is None:
        return f"No difference is detectable {on} {how}."
    return f"Smallest detectable difference {on}: {100 * row['effect']:.1f} points {how}."


def _n_questions(run: RunFolder, name: str) -> int:
    """Those that the student was asked, else those that it will be."""
    table = run.evaluation("base", 0, name)
    if table.manifest() is not None:
        sql = "select count(distinct question_id) as n from base"
        return int(query.rows(sql, {"base": (table.files(), Response)})[0]["n"])
    of = run.benchmark(name)
    is_own = of.dataset == run.config.dataset and of.split == "test"
    known = set(computed.question_ids(run)) if is_own and run.responses.manifest() else set()
    return sum(q.answer is not None and q.id not in known for q in run.dataset_of(name).split(of.split))


def _discordance(run: RunFolder, name: str) -> tuple[float, str]:
    try:
        shares = evaluations(run, name).shares
    except StatError as error:
        pass_over(error)
        accuracy, basis = _accuracy_so_far(run)
        return chance_discordance(accuracy), basis
    moved = shares.drop(columns="base").sub(shares.base, axis=0)
    # of shares over seeds the square: what a question adds to the variance, 1 where two single answers differ
    measured = float(np.nanmean(np.square(moved))) if moved.notna().to_numpy().any() else 0.0
    if measured > 0:
        return measured, f"measured on {moved.shape[1]} arm{'s' if moved.shape[1] > 1 else ''}"
    at = float(shares.base.mean())
    return chance_discordance(at), f"the most that is likely at the student's accuracy of {at:.2f}"


def _accuracy_so_far(run: RunFolder) -> tuple[float, str]:
    """The student's accuracy on the validation questions; a half before there are graded responses."""
    try:
        right = [bool(one) for one in computed.scored_responses(run).is_correct.dropna()]
    except NotThereYet:
        right = []
    if not right:
        return 0.5, "the most that is possible, as the student's accuracy is not known yet"
    at = float(np.mean(right))
    return at, f"the most that is likely at the student's accuracy of {at:.2f} in validation"
