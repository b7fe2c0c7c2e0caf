"""All runs of a workspace side by side: settings, progress, results, cost and size of each."""

from collections.abc import Callable, Mapping
from typing import Any, TypedDict, TypeVar

import pandas as pd

from stat_engine import config as configuration
from stat_engine.errors import StatError, pass_over
from stat_engine.method import computed
from stat_engine.method.accuracy import accuracy
from stat_engine.store import disk
from stat_engine.store.cards import kept_row
from stat_engine.store.disk import in_words as size_in_words
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views.evaluations import evaluations
from stat_engine.views.status import status

COLUMNS = [
    "run", "dataset", "student", "teacher", "n_difficult", "n_questions", "most_missed", "best_arm",
    "accuracy", "base_accuracy", "n_done", "is_working", "parent", "tags", "note", "created", "cost", "bytes",
    "damage",
]  # fmt: skip
"""As in RunRow, with `is_working`, the `cost` of the run's paid calls (USD) and its `bytes` on disk.
`damage`: what keeps the run from being read, a sentence; its other columns are empty."""
DIFFERENCES = ["setting"]
"""With a column a run: the setting's value as text; empty: not set."""
USED = ["run", "part", "bytes"]
"""Bytes on disk; `run` is null for a part of the workspace."""
T = TypeVar("T")
MADE_BY = "1"
"""Another one for another `row`, so that no kept one is taken for it."""
__all__ = ["MADE_BY", "differences", "kept_table", "n_decisions", "row", "size_in_words", "table", "used"]


class RunRow(TypedDict):
    """What the table says of one run that changes with `run.version()` alone; null: not there yet."""

    run: str
    dataset: str
    student: str
    teacher: str
    n_difficult: int | None
    n_questions: int | None
    """Questions asked, and the difficult ones among them."""
    most_missed: str | None
    """Skill; null too where no skill is missing."""
    best_arm: str | None
    accuracy: float | None
    """Of the best arm on the run's benchmark, a fraction."""
    base_accuracy: float | None
    """Of the student."""
    n_done: int
    """Stages that are done."""
    parent: str | None
    """The run that it was copied from; null: none."""
    tags: list[str]
    note: str
    created: str
    """UTC, ISO 8601."""


def table(
    workspace: WorkspaceFolder, row_of: Callable[[RunFolder], Mapping[str, Any]] | None = None
) -> pd.DataFrame:
    """One row a run, newest first, with COLUMNS; `row_of` may answer for `row` from a cache.

    A run that cannot be read is a row with its `damage`."""
    spent: dict[str | None, float] = {}
    for (name, _, _), calls in workspace.spending().items():
        spent[name] = spent.get(name, 0.0) + calls.cost
    rows = []
    for name in workspace.run_names():
        run = workspace.run_folder(name)
        damage = None
        try:
            found = (row_of or row)(run)
        except StatError as error:
            damage = str(error)
            found = {
                "run": name,
                "n_done": 0,
                "tags": [],
                "note": "",
                "created": run.created,
                "parent": run.parent,
            }
        now = {"is_working": run.is_working(), "cost": spent.get(name, 0.0), "bytes": disk.used(run.folder)}
        rows.append({**found, **now, "damage": damage})
    return pd.DataFrame(rows, columns=COLUMNS).astype({"n_difficult": "Int64", "n_questions": "Int64"})


def kept_table(workspace: WorkspaceFolder) -> pd.DataFrame:
    """`table` with the rows of runs that did not change taken from the workspace's `.rows/`."""
    return table(workspace, lambda run: kept_row(workspace, run, row, MADE_BY))


def n_decisions(run: RunFolder) -> int:
    """Decisions of people that are kept in the run's folder, those taken back too."""
    return disk.n_decisions(run.folder)


def row(run: RunFolder) -> RunRow:
    """What `table` says of one run that changes with `run.version()` alone."""
    config, card = run.config, run.card
    difficult, best = _or_none(_difficult, run), _or_none(_best, run)
    return {
        "run": run.name,
        "dataset": config.dataset,
        "student": config.student.name,
        "teacher": config.teacher.endpoint(),
        "n_difficult": difficult[0] if difficult else None,
        "n_questions": difficult[1] if difficult else None,
        "most_missed": _or_none(_most_missed, run),
        "best_arm": best[0] if best else None,
        "accuracy": best[1] if best else None,
        "base_accuracy": best[2] if best else None,
        "n_done": sum(stage["state"] == "done" for stage in status(run)["stages"]),
        "parent": card.get("parent"),
        "tags": list(card.get("tags") or []),
        "note": str(card.get("note") or ""),
        "created": run.created,
    }


def differences(workspace: WorkspaceFolder, run: str, other: str) -> pd.DataFrame:
    """The settings in which two runs differ, with DIFFERENCES."""
    a, b = workspace.run_folder(run), workspace.run_folder(other)
    found = configuration.differences(a.config, b.config)
    rows = [(key, _said(mine), _said(theirs)) for key, (mine, theirs) in found.items()]
    return pd.DataFrame(rows, columns=[*DIFFERENCES, a.name, b.name if b.name != a.name else f"{b.name} too"])


def used(workspace: WorkspaceFolder) -> pd.DataFrame:
    """One row a run and part of it that takes any bytes, and one a part of the workspace; USED, largest
    first."""
    found = disk.used_by_workspace(workspace.root)
    rows = [(name, part, n) for name, parts in found["runs"].items() for part, n in parts.items()]
    rows += [(None, part, found[part]) for part in (*disk.WORKSPACE_PARTS, "other")]
    frame = pd.DataFrame([item for item in rows if item[2]], columns=USED)
    return frame.sort_values("bytes", ascending=False, ignore_index=True, kind="stable")


def _or_none(find: Callable[[RunFolder], T], run: RunFolder) -> T | None:
    try:
        return find(run)
    except StatError as error:
        pass_over(error)
        return None


def _difficult(run: RunFolder) -> tuple[int, int]:
    found = computed.difficulty(run).questions.is_difficult
    return int(found.sum()), len(found)


def _most_missed(run: RunFolder) -> str | None:
    return next((failure.skill for failure in computed.profile(run) if failure.n_missing), None)


def _best(run: RunFolder) -> tuple[str | None, float | None, float]:
    """The arm of the highest accuracy on the run's benchmark, and the student's own."""
    of = evaluations(run)
    found = {arm: accuracy(of.shares[arm]).accuracy for arm in of.arms}
    base = found.pop("base")
    best = max(found, key=lambda arm: found[arm]) if found else None
    return best, found[best] if best else None, base


def _said(value: Any) -> str:
    return "" if value is None else str(value)
