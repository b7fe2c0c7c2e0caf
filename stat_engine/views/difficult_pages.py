"""The questions of a run under any thresholds, filtered and sorted: a page of rows, and one's neighbours."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stat_engine import derived
from stat_engine.errors import StatError
from stat_engine.records import Question
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.difficult import by_question, labelled, problems, with_thresholds

SHOWN = ("difficult", "easy", "all", "became difficult", "became easy")
"""The last two against the run's own thresholds."""
GRADED = ("any", "wrong", "right", "unknown")
LABELLED = ("any", "labelled", "not labelled")
SORTS: dict[str, tuple[str, bool]] = {
    "lowest mean reward": ("mean", True),
    "highest mean reward": ("mean", False),
    "lowest step reward": ("lowest", True),
    "most responses difficult": ("share", False),
    "hardest level": ("level", False),
    "question id": ("question_id", True),
}
"""Name -> (column, ascending). Where two are equal, by id."""
FIND = """
select id from questions where contains(lower(id), lower($1)) or contains(lower(problem), lower($1))
"""


@dataclass(frozen=True)
class QuestionFilter:
    """Which questions are listed; None: all. Raises StatError for a word that is none of those above."""

    shown: str = "difficult"
    subject: str | None = None
    level: int | None = None
    clause: str | None = None
    """A clause that fired on one of its responses."""
    graded: str = "any"
    label: str = "any"
    search: str = ""
    """Stands in the id or the problem, whatever its case."""

    def __post_init__(self) -> None:
        for what, found, known in (
            ("shown", self.shown, SHOWN),
            ("graded", self.graded, GRADED),
            ("label", self.label, LABELLED),
        ):
            if found not in known:
                raise StatError(f"{what}: found {found}, expected one of {', '.join(known)}")


def page(
    run: RunFolder,
    tau1: float,
    tau2: float,
    wanted: QuestionFilter,
    sort: str = "lowest mean reward",
    first: int = 0,
    n: int = 50,
    opened: str | None = None,
) -> dict[str, Any]:
    """Rows `first` to `first + n` of the filtered and sorted questions, and where one of them stands.

    {"n": how many the filter leaves, "rows": frame of QUESTION_COLUMNS and `problem`, "place": place of
    `opened` from 0 or None, "before" and "after": ids beside it, or None}. Raises StatError for no sort."""
    if sort not in SORTS:
        raise StatError(f"sort: found {sort}, expected one of {', '.join(SORTS)}")
    table = by_question(run, with_thresholds(run, tau1, tau2))
    table = table[_kept(run, table, wanted)]
    table = _sorted(table, *SORTS[sort])
    rows = table.iloc[first : first + n]
    rows = rows.assign(problem=rows.question_id.map(problems(run, list(rows.question_id))))
    return {"n": len(table), "rows": rows.reset_index(drop=True), **_place(table.question_id, opened)}


def choices(run: RunFolder) -> dict[str, list[Any]]:
    """{"subjects", "levels"}: what the filters can ask for."""
    scores = derived.scored_responses(run, with_answers=False)
    levels = sorted(int(level) for level in scores.level.dropna().unique())
    return {"subjects": sorted(map(str, scores.subject.cat.categories)), "levels": levels}


def _kept(run: RunFolder, table: pd.DataFrame, wanted: QuestionFilter) -> pd.Series:
    keep = _shown(run, table, wanted.shown)
    if wanted.subject is not None:
        keep &= table.subject == wanted.subject
    if wanted.level is not None:
        keep &= (table.level == wanted.level).fillna(False).astype(bool)
    if wanted.clause is not None:
        names = table.clauses.cat.categories
        keep &= table.clauses.isin([name for name in names if wanted.clause in name.split(", ")])
    if wanted.graded != "any":
        truth = {"wrong": table.is_wrong == True, "right": table.is_wrong == False}  # noqa: E712
        keep &= table.is_wrong.isna() if wanted.graded == "unknown" else truth[wanted.graded].fillna(False)
    if wanted.label != "any":
        keep &= table.question_id.isin(labelled(run)) == (wanted.label == "labelled")
    if wanted.search:
        tables: query.Tables = {"questions": (run.dataset.question_table.files(), Question)}
        keep &= table.question_id.isin(query.frame(FIND, tables, [wanted.search]).id)
    return keep.astype(bool)


def _shown(run: RunFolder, table: pd.DataFrame, shown: str) -> pd.Series:
    is_difficult = table.is_difficult
    if shown in ("difficult", "easy"):
        return is_difficult == (shown == "difficult")
    if shown == "all":
        return pd.Series(True, index=table.index)
    was = derived.difficulty(run).questions.is_difficult
    return is_difficult & ~was if shown == "became difficult" else was & ~is_difficult


def _sorted(table: pd.DataFrame, column: str, ascending: bool) -> pd.DataFrame:
    key = table.n_difficult / table.n_responses if column == "share" else table[column]
    order = key.reset_index(drop=True).sort_values(ascending=ascending, kind="stable").index
    return table.iloc[order]


def _place(ids: pd.Series, opened: str | None) -> dict[str, Any]:
    at = np.flatnonzero((ids == opened).to_numpy())  # nothing equals None
    if not len(at):
        return {"place": None, "before": None, "after": str(ids.iloc[0]) if len(ids) else None}
    place = int(at[0])
    before = str(ids.iloc[place - 1]) if place else None
    return {
        "place": place,
        "before": before,
        "after": str(ids.iloc[place + 1]) if place + 1 < len(ids) else None,
    }
