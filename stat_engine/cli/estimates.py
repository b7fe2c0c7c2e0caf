"""The paid calls that a command will make, as `--dry-run` shows them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from stat_engine.api import Run, output
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown

if TYPE_CHECKING:
    from stat_engine.api import Estimate

COLUMNS = {
    "purpose": "for", "task": "task", "teacher": "teacher", "n_calls": "calls", "n_known": "kept",
    "input_tokens": "tokens in", "output_tokens": "tokens out", "cost": "USD", "basis": "basis",
}  # fmt: skip


def calls_shown(
    run: Run, calls: "Sequence[Estimate]", plan: dict[str, Any] | None = None, first: Sequence[str] = ()
) -> Shown:
    """The calls and their sum; below a `plan`, with its lines `first`, where there is one."""
    rows = [asdict(row) for row in calls]
    costs = [row["cost"] for row in rows]
    cost = None if not rows or None in costs else sum(costs)
    result = {"run": run.name, "calls": rows, "cost": cost, "budget": run.config.budget, **(plan or {})}
    if not rows:
        return Shown(result, [*first, "no teacher call that costs anything will be made"])
    n_calls = sum(row["n_calls"] for row in rows)
    n_tokens = sum(row["input_tokens"] + row["output_tokens"] for row in rows)
    total = f"in all about {output.calls(n_calls, n_tokens, cost)}"
    unpriced = ["no price for every model: set prices.MODEL.input and .output"] if cost is None else []
    return Shown(result, [*first, *table(rows, COLUMNS), total, *unpriced])
