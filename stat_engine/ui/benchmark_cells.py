"""Arms x benchmarks as a page and a report show it: a column's heading with its n, a cell's interval."""

import pandas as pd

from stat_engine.ui.text import plain


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


def _words(value: float, low: float, high: float, n: int, n_usual: int) -> str:
    if not n:
        return "not asked"
    return f"{value:.3f} ({low:.3f}–{high:.3f})" + ("" if n == n_usual else f", n = {n:,}")
