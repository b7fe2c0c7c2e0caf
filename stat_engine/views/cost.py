"""What a run's teacher calls took: calls, tokens and USD, by endpoint and task."""

from typing import Any

import pandas as pd

from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder

COLUMNS = ["endpoint", "task", "n_calls", "input_tokens", "output_tokens", "cost", "n_unpriced"]


def calls(workspace: WorkspaceFolder, run: RunFolder) -> pd.DataFrame:
    """One row an endpoint and task that the run asked: its calls, tokens in and out, cost in USD, and
    how many of them took tokens without a known price, so that their cost is not in it.

    A call counts for the run that made it; runs that read its kept answer paid nothing."""
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
