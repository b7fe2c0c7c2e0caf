"""How far a run is: each stage's state and counts, read from manifests and parts alone.

What other settings would mean for a run: what changes, what becomes stale, what stands in the way.
What a run's teacher calls took: calls, tokens and USD, by endpoint and task.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stat_engine import config as configuration
from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.method.stage import STORED, Stage, kept_and_stale
from stat_engine.records import Question
from stat_engine.store import query
from stat_engine.store.files import read_json
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder

if TYPE_CHECKING:
    import pandas as pd


def status(run: RunFolder) -> dict[str, Any]:
    """Run, dataset, parent, is_working and `stages`: stage, paper_stage, state, done, total, notes.

    `state` is done, working, stopped (half done and no process works on it), stale (made with another
    configuration) or waiting; `done` and `total` count batches while it works, rows or outcomes after."""
    working = run.is_working()
    stages = [
        {"stage": stage.name, "paper_stage": stage.paper_stage}
        | (_table(stage.name, run, working) if stage.is_one_table else _several(stage.name, run, working))
        for stage in STORED
    ]
    return {
        "run": run.name,
        "dataset": run.config.dataset,
        "parent": run.card.get("parent"),
        "is_working": working,
        "stages": _with_the_one_at_work(stages) if working else stages,
    }


def runs(workspace: WorkspaceFolder) -> "pd.DataFrame":
    """One row a run: run, dataset, stages done (of 6), is_working, parent."""
    import pandas as pd  # here and below: `stat-studio status` makes no frame and is to start without pandas

    rows = []
    for name in workspace.run_names():
        try:
            state = status(workspace.run_folder(name))
        except StatError:
            continue  # a run made by another version; `stat-studio status` says what is wrong
        done = sum(stage["state"] == "done" for stage in state["stages"])
        rows.append({**{k: state[k] for k in ("run", "dataset", "is_working", "parent")}, "n_done": done})
    return pd.DataFrame(rows, columns=["run", "dataset", "n_done", "is_working", "parent"])


def subjects(run: RunFolder) -> "pd.DataFrame":
    """Questions of the run's dataset by split and subject: split, subject, n_questions."""
    tables = {"questions": (run.dataset.question_table.files(), Question)}
    return query.frame(
        "select coalesce(split, 'none') as split, coalesce(subject, '') as subject, count(*) as n_questions "
        "from questions group by all order by all",
        tables,
    )


def _table(stage: str, run: RunFolder, working: bool) -> dict[str, Any]:
    table = run.stage_table(stage)
    manifest, progress = table.manifest(), table.progress()
    if progress is not None:
        state, (done, total) = "working" if working else "stopped", progress
    elif manifest is None:
        state, done, total = "waiting", 0, None
    else:
        state, done, total = "done" if run.is_fresh(stage) else "stale", manifest.n_rows, manifest.n_rows
    return {"state": state, "done": done, "total": total, "notes": manifest.notes if manifest else []}


def _several(stage: str, run: RunFolder, working: bool) -> dict[str, Any]:
    is_done = [(folder / "manifest.json").exists() for folder in run.outcomes(stage)]
    done, total = sum(is_done), len(is_done)
    state = (
        "done" if total and done == total else "waiting" if not done else "working" if working else "stopped"
    )
    return {"state": state, "done": done, "total": total, "notes": []}


def _with_the_one_at_work(stages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """While a process works, the first unfinished stage is under way, although nothing of it is on disk."""
    if any(stage["state"] == "working" for stage in stages):
        return stages
    at = next((i for i, stage in enumerate(stages) if stage["state"] != "done"), None)
    return [{**stage, "state": "working"} if i == at else stage for i, stage in enumerate(stages)]


def label_counts(run: RunFolder) -> dict[str, int]:
    """Labels by status, and how many people have decided on."""
    table = run.missing_skills()
    counts: dict[str, int] = {}
    for label in table.read():
        counts[label.status] = counts.get(label.status, 0) + 1
    return counts | {"events": len(run.label_log.events())}


def job(workspace: WorkspaceFolder) -> dict[str, Any] | None:
    """The card of the demo's job, if one was started here."""
    return read_json(workspace.root / "jobs" / "demo" / "job.json")


def changes(run: RunFolder, config: RunConfig) -> dict[str, Any]:
    """What putting this configuration in force would do; nothing is changed.

    `changed`: {key: [now, then]}; `stale`: stages with an outcome that was made under other settings;
    `n_decisions`: people's decisions that hang on what changes, while there are any it is refused;
    `needs_copy`: whether a stale stage has an outcome that is never overwritten."""
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


def _begun(run: RunFolder, stages: Sequence[Stage]) -> list[Stage]:
    begun = {stage["stage"] for stage in status(run)["stages"] if stage["state"] != "waiting"}
    return [stage for stage in stages if stage.name in begun]


COLUMNS = ["endpoint", "task", "n_calls", "input_tokens", "output_tokens", "cost", "n_unpriced"]


def calls(workspace: WorkspaceFolder, run: RunFolder) -> "pd.DataFrame":
    """One row an endpoint and task that the run asked: its calls, tokens in and out, cost in USD, and
    how many of them took tokens without a known price, so that their cost is not in it.

    A call counts for the run that made it; runs that read its kept answer paid nothing."""
    import pandas as pd

    rows = [
        (endpoint, task, of.calls, of.input_tokens, of.output_tokens, of.cost, of.n_unpriced)
        for (name, endpoint, task), of in sorted(
            workspace.spending().items(), key=lambda item: tuple(map(str, item[0]))
        )
        if name == run.name
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def summary(workspace: WorkspaceFolder, run: RunFolder) -> dict[str, Any]:
    """Run, its calls by endpoint and task, their sums, the budget and what is left of it in USD."""
    frame, budget = calls(workspace, run), run.config.budget
    spent = float(frame["cost"].sum())
    return {
        "run": run.name,
        "calls": frame.to_dict("records"),
        "n_calls": int(frame["n_calls"].sum()),
        "input_tokens": int(frame["input_tokens"].sum()),
        "output_tokens": int(frame["output_tokens"].sum()),
        "cost": spent,
        "n_unpriced": int(frame["n_unpriced"].sum()),
        "budget": budget,
        "left": None if budget is None else budget - spent,
    }
