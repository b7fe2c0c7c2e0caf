"""The views' frames as a report's tables."""

from typing import Any

import pandas as pd

from stat_engine.ui.benchmark_cells import cell_words, columns_of
from stat_engine.ui.report.blocks import Table
from stat_engine.ui.text import plain


def benchmarks(cells: pd.DataFrame, own: str) -> Table:
    """Arms x benchmarks, the paper's table 3."""
    table, names = columns_of(cells, own)
    usual = cells.groupby(["benchmark", "part"]).n_questions.transform("max")
    words = pd.Series(cell_words(cells, usual), index=cells.index)
    return Table(["Arm", *names.values()], [[arm, *words[cells.arm == arm]] for arm in table.arm])


def differences(found: pd.DataFrame) -> Table:
    """Paired differences from one arm."""
    rows = [
        [row.arm, _between(row.difference, row, "+.3f"), f"{row.p_value:.2g}", f"{row.n_gained:,}",
         f"{row.n_lost:,}", f"{row.n_questions:,}"]
        for row in _rows(found)
    ]  # fmt: skip
    return Table(["Arm", "Difference (95% interval)", "p", "Gained", "Lost", "Questions"], rows)


def profile(failures: pd.DataFrame) -> Table:
    """The Missing-Skill-Profile."""
    rows = [
        [plain(row.subject), plain(row.skill), f"{row.n_missing:,} of {row.n_questions:,}",
         _between(row.failure_rate, row, ".2f")]
        for row in _rows(failures)
    ]  # fmt: skip
    return Table(["Subject", "Skill", "Missing in", "Failure rate (95% interval)"], rows)


def by_subject(found: pd.DataFrame) -> Table:
    """Accuracy by subject, a column an arm."""
    rows = [
        [plain(str(subject)), f"{part.n_questions.max():,}"]
        + [_between(row.accuracy, row, ".3f") for row in _rows(part)]
        for subject, part in found.groupby("subject")
    ]
    return Table(["Subject", "Questions", *dict.fromkeys(found.arm)], rows)


def gains(cells: pd.DataFrame, level: float) -> Table:
    """Gain a skill and arm, a star where it is significant."""
    rows = [
        [plain(str(subject)), plain(str(skill)), f"{part.n_questions.max():,}"]
        + [f"{row.gain:+.3f}{'*' if row.p_adjusted <= level else ''}" for row in _rows(part)]
        for (subject, skill), part in cells.groupby(["subject", "skill"], sort=False)
    ]
    return Table(["Subject", "Skill", "Questions", *dict.fromkeys(cells.arm)], rows)


def accuracies(found: pd.DataFrame) -> Table:
    """Accuracy, round by round."""
    rows = [
        [row.run, row.arm, _between(row.accuracy, row, ".3f"), f"{row.n_questions:,}"] for row in _rows(found)
    ]
    return Table(["Round", "Arm", "Accuracy (95% interval)", "Questions"], rows)


def drift(moved: pd.DataFrame) -> Table:
    """How the profile moved."""
    rows = [
        [
            plain(row.subject),
            plain(row.skill),
            row.run,
            _between(row.failure_rate, row, ".2f"),
            f"{row.moved:+.2f}",
        ]
        for row in _rows(moved)
    ]
    return Table(["Subject", "Skill", "Round", "Failure rate (95% interval)", "Moved"], rows)


def _between(value: float, row: Any, digits: str) -> str:
    return f"{value:{digits}} ({row.ci_low:{digits}} to {row.ci_high:{digits}})"


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples())
