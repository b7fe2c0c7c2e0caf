"""All runs of a workspace side by side: what each is of, how far it is, what it found, cost and takes."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from stat_engine import config as configuration
from stat_engine.errors import StatError
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
]  # fmt: skip
MADE_BY = "1"
"""Another one for another `row`, so that no kept one is taken for it."""
Row = dict[str, Any]
__all__ = ["MADE_BY", "differences", "kept_table", "n_decisions", "row", "size_in_words", "table", "used"]


def table(workspace: WorkspaceFolder, row_of: Callable[[RunFolder], Row] | None = None) -> pd.DataFrame:
    """One row a run, newest first; COLUMNS: run, dataset, names of student and teacher, difficult questions
    of those asked, the most missed skill, the best arm with its accuracy and the student's own (fractions),
    stages done (of 6), is_working, parent, tags, note, created (UTC), cost of its calls (USD), bytes on disk.

    What is not there yet is null. `row_of` may answer for `row` from a cache. A run that cannot be read is
    left out; `stat-studio status` says what is wrong with it."""
    spent: dict[str | None, float] = {}
    for (name, _, _), calls in workspace.spending().items():
        spent[name] = spent.get(name, 0.0) + calls.cost
    rows = []
    for name in workspace.run_names():
        run = workspace.run_folder(name)
        try:
            found = (row_of or row)(run)
        except StatError:
            continue
        now = {"is_working": run.is_working(), "cost": spent.get(name, 0.0), "bytes": disk.used(run.folder)}
        rows.append(found | now)
    return pd.DataFrame(rows, columns=COLUMNS).astype({"n_difficult": "Int64", "n_questions": "Int64"})


def kept_table(workspace: WorkspaceFolder) -> pd.DataFrame:
    """`table` with the rows of runs that did not change taken from the workspace's `.rows/`."""
    return table(workspace, lambda run: kept_row(workspace, run, row, MADE_BY))


def n_decisions(run: RunFolder) -> int:
    """Decisions of people that are kept in the run's folder, those taken back too."""
    return disk.n_decisions(run.folder)


def row(run: RunFolder) -> Row:
    """What `table` says of one run that changes with `run.version()` alone."""
    state, config, card = status(run), run.config, run.card
    return {
        "run": run.name,
        "dataset": config.dataset,
        "student": config.student.name,
        "teacher": config.teacher.endpoint(),
        **_or_nothing(_difficult, run, "n_difficult", "n_questions"),
        **_or_nothing(_most_missed, run, "most_missed"),
        **_or_nothing(_best, run, "best_arm", "accuracy", "base_accuracy"),
        "n_done": sum(stage["state"] == "done" for stage in state["stages"]),
        "parent": card.get("parent"),
        "tags": list(card.get("tags") or []),
        "note": str(card.get("note") or ""),
        "created": run.created,
    }


def differences(workspace: WorkspaceFolder, run: str, other: str) -> pd.DataFrame:
    """The settings in which two runs differ: setting, and a column a run with its value as text."""
    a, b = workspace.run_folder(run), workspace.run_folder(other)
    found = configuration.differences(a.config, b.config)
    rows = [(key, _said(mine), _said(theirs)) for key, (mine, theirs) in found.items()]
    return pd.DataFrame(rows, columns=["setting", a.name, b.name if b.name != a.name else f"{b.name} too"])


def used(workspace: WorkspaceFolder) -> pd.DataFrame:
    """Bytes on disk, one row a run and part that takes any, and one a part of the workspace (run null).

    Columns: run, part, bytes; largest first."""
    found = disk.used_by_workspace(workspace.root)
    rows = [(name, part, n) for name, parts in found["runs"].items() for part, n in parts.items()]
    rows += [(None, part, found[part]) for part in (*disk.WORKSPACE_PARTS, "other")]
    frame = pd.DataFrame([item for item in rows if item[2]], columns=["run", "part", "bytes"])
    return frame.sort_values("bytes", ascending=False, ignore_index=True, kind="stable")


def _or_nothing(find: Callable[[RunFolder], tuple[Any, ...]], run: RunFolder, *names: str) -> Row:
    try:
        return dict(zip(names, find(run), strict=True))
    except StatError:
        return dict.fromkeys(names)


def _difficult(run: RunFolder) -> tuple[int, int]:
    found = computed.difficulty(run).questions.is_difficult
    return int(found.sum()), len(found)


def _most_missed(run: RunFolder) -> tuple[str | None]:
    worst = next((failure for failure in computed.profile(run) if failure.n_missing), None)
    return (worst.skill if worst else None,)


def _best(run: RunFolder) -> tuple[str | None, float | None, float]:
    """The arm of the highest accuracy on the run's benchmark, and the student's own."""
    of = evaluations(run)
    found = {arm: accuracy(of.shares[arm]).accuracy for arm in of.arms}
    base = found.pop("base")
    best = max(found, key=lambda arm: found[arm]) if found else None
    return best, found[best] if best else None, base


def _said(value: Any) -> str:
    return "" if value is None else str(value)
