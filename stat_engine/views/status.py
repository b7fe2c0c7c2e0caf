"""The state of each stage of a run, the effect of changed settings, and the cost of its paid calls.

Read from manifests, parts and logs alone, so that it is quick for runs of any size."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from stat_engine import config as configuration
from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.method.stage import STORED, Stage, kept_and_stale
from stat_engine.store.changed import changed_files
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder

if TYPE_CHECKING:
    import pandas as pd

State = Literal["done", "working", "stopped", "stale", "waiting"]
"""`stopped`: half done and no process works on it; `stale`: made with another configuration."""
RUN_COLUMNS = ["run", "dataset", "n_done", "is_working", "parent", "damage"]
"""`n_done` counts the stages that are done; `parent` is null for a run that is no copy; `damage` says what
keeps a run from being read, and is null for a sound one."""
CALL_COLUMNS = ["endpoint", "task", "n_calls", "input_tokens", "output_tokens", "cost", "n_unpriced"]
"""As in CallCounts."""


class StageStatus(TypedDict):
    """How far one stored stage is."""

    stage: str
    paper_stage: int
    """1, 2 or 3."""
    state: State
    done: int
    total: int | None
    """Batches while it works, rows or outcomes after; null: not known yet."""
    notes: list[str]
    """Sentences on what was made, and on files that changed since."""


class Status(TypedDict):
    """How far a run is."""

    run: str
    dataset: str
    parent: str | None
    """The run that it was copied from; null: none."""
    is_working: bool
    """Whether a process works on the run."""
    stages: list[StageStatus]


class Changes(TypedDict):
    """What putting another configuration in force would do."""

    changed: dict[str, list[Any]]
    """{setting: [now, then]}"""
    stale: list[str]
    """Stages with an outcome that was made under other settings."""
    n_decisions: int
    """People's decisions that depend on what changes; while there are any, the change is refused."""
    needs_copy: bool
    """A stale stage has an outcome that is never overwritten."""


class CallCounts(TypedDict):
    """What the calls of one task to one endpoint took."""

    endpoint: str
    task: str
    n_calls: int
    input_tokens: int
    output_tokens: int
    cost: float
    """USD, without the calls of `n_unpriced`."""
    n_unpriced: int
    """Calls that took tokens without a known price."""


class Spent(TypedDict):
    """What all calls of a run took."""

    run: str
    calls: list[CallCounts]
    n_calls: int
    input_tokens: int
    output_tokens: int
    cost: float
    """USD, without the calls of `n_unpriced`."""
    n_unpriced: int
    budget: float | None
    """USD; null: no limit."""
    left: float | None
    """USD of the budget; null: no limit."""


class _Progress(TypedDict):
    state: State
    done: int
    total: int | None
    notes: list[str]


def status(run: RunFolder) -> Status:
    """How far each stored stage of a run is."""
    working, changed = run.is_working(), changed_files(run)
    stages = [_status(stage, run, working, changed.get(stage.name, [])) for stage in STORED]
    return {
        "run": run.name,
        "dataset": run.config.dataset,
        "parent": run.card.get("parent"),
        "is_working": working,
        "stages": _with_the_working_one(stages) if working else stages,
    }


def runs(workspace: WorkspaceFolder) -> "pd.DataFrame":
    """One row a run, with RUN_COLUMNS."""
    import pandas as pd  # here and below: `stat-studio status` makes no frame and is to start without pandas

    rows: list[tuple[object, ...]] = []
    for name in workspace.run_names():
        try:
            found = status(workspace.run_folder(name))
        except StatError as error:
            rows.append((name, None, 0, workspace.run_folder(name).is_working(), None, str(error)))
            continue
        done = sum(stage["state"] == "done" for stage in found["stages"])
        rows.append((found["run"], found["dataset"], done, found["is_working"], found["parent"], None))
    return pd.DataFrame(rows, columns=RUN_COLUMNS)


def changes(run: RunFolder, config: RunConfig) -> Changes:
    """What putting this configuration in force would do; nothing is changed."""
    pairs = configuration.differences(run.config, config)
    _, decided_anew = kept_and_stale(run.config, config)
    stale = _begun(run, kept_and_stale(run.config, config, with_lists=False)[1])
    is_reviewed = any(stage.is_reviewed for stage in decided_anew)
    return {
        "changed": {key: list(pair) for key, pair in pairs.items()},
        "stale": [stage.name for stage in stale],
        "n_decisions": len(run.label_log.events()) if is_reviewed else 0,
        "needs_copy": not all(stage.is_replaced for stage in stale),
    }


def kept(run: RunFolder, config: RunConfig) -> list[str]:
    """Stages with an outcome that a copy under this configuration would keep."""
    return [stage.name for stage in _begun(run, kept_and_stale(run.config, config)[0])]


def calls(workspace: WorkspaceFolder, run: RunFolder) -> "pd.DataFrame":
    """One row an endpoint and task that the run asked, with CALL_COLUMNS."""
    import pandas as pd

    return pd.DataFrame(_calls(workspace, run), columns=CALL_COLUMNS)


def summary(workspace: WorkspaceFolder, run: RunFolder) -> Spent:
    """The run's calls by endpoint and task, their sums, the budget and what is left of it."""
    rows, budget = _calls(workspace, run), run.config.budget
    spent = sum((row["cost"] for row in rows), 0.0)
    return {
        "run": run.name,
        "calls": rows,
        "n_calls": sum(row["n_calls"] for row in rows),
        "input_tokens": sum(row["input_tokens"] for row in rows),
        "output_tokens": sum(row["output_tokens"] for row in rows),
        "cost": spent,
        "n_unpriced": sum(row["n_unpriced"] for row in rows),
        "budget": budget,
        "left": None if budget is None else budget - spent,
    }


def _status(stage: Stage, run: RunFolder, working: bool, changed: list[str]) -> StageStatus:
    found = _table(stage.name, run, working) if stage.is_one_table else _several(stage.name, run, working)
    notes = [*found["notes"], *changed]
    return {"stage": stage.name, "paper_stage": stage.paper_stage, **found, "notes": notes}


def _table(stage: str, run: RunFolder, working: bool) -> _Progress:
    table = run.stage_table(stage)
    manifest, progress = table.manifest(), table.progress()
    if progress is not None:
        state, (done, total) = _unfinished(working), progress
        return {"state": state, "done": done, "total": total, "notes": manifest.notes if manifest else []}
    if manifest is None:
        return {"state": "waiting", "done": 0, "total": None, "notes": []}
    return {
        "state": "done" if run.is_fresh(stage) else "stale",
        "done": manifest.n_rows,
        "total": manifest.n_rows,
        "notes": manifest.notes,
    }


def _several(stage: str, run: RunFolder, working: bool) -> _Progress:
    is_done = [(folder / "manifest.json").exists() for folder in run.outcomes(stage)]
    done, total = sum(is_done), len(is_done)
    state: State = "done" if total and done == total else _unfinished(working) if done else "waiting"
    return {"state": state, "done": done, "total": total, "notes": []}


def _unfinished(working: bool) -> State:
    return "working" if working else "stopped"


def _with_the_working_one(stages: list[StageStatus]) -> list[StageStatus]:
    """While a process works, the first unfinished stage is under way, although nothing of it is on disk."""
    if any(stage["state"] == "working" for stage in stages):
        return stages
    at = next((i for i, stage in enumerate(stages) if stage["state"] != "done"), None)
    return [{**stage, "state": "working"} if i == at else stage for i, stage in enumerate(stages)]


def _begun(run: RunFolder, stages: Sequence[Stage]) -> list[Stage]:
    begun = {stage["stage"] for stage in status(run)["stages"] if stage["state"] != "waiting"}
    return [stage for stage in stages if stage.name in begun]


def _calls(workspace: WorkspaceFolder, run: RunFolder) -> list[CallCounts]:
    """A call counts for the run that made it; runs that read its kept answer paid nothing."""
    every = sorted(workspace.spending().items(), key=lambda item: tuple(map(str, item[0])))
    return [
        {
            "endpoint": endpoint, "task": task, "n_calls": of.calls, "input_tokens": of.input_tokens,
            "output_tokens": of.output_tokens, "cost": of.cost, "n_unpriced": of.n_unpriced,
        }
        for (name, endpoint, task), of in every
        if name == run.name
    ]  # fmt: skip
