"""Verbs on how a run is: how far its stages are, what its figures warn of, and what its calls cost."""

from stat_engine.api import Run, Workspace, output
from stat_engine.cli.options import RunArgument
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown, Verbs

app = Verbs()


@app.verb("status")
def status(place: Workspace, run: RunArgument) -> Shown:
    """Show how far a run is."""
    return stages_shown(place.run(run))


@app.verb("warnings")
def warnings(place: Workspace, run: RunArgument) -> Shown:
    """Show what a run's own figures warn of, each with its figure and what to do."""
    found = place.run(run).warnings()
    lines = [output.warning(one) for one in found]
    return Shown({"run": run, "warnings": found}, lines or [f"run {run}: its figures warn of nothing"])


@app.verb("cost")
def cost(place: Workspace, run: RunArgument) -> Shown:
    """Show what a run's teacher calls took: calls, tokens and USD by endpoint and task."""
    result = place.run(run).cost()
    columns = {
        "endpoint": "teacher", "task": "task", "n_calls": "calls", "input_tokens": "tokens in",
        "output_tokens": "tokens out", "cost": "USD",
    }  # fmt: skip
    n_tokens = result["input_tokens"] + result["output_tokens"]
    total = f"in all {output.calls(result['n_calls'], n_tokens, result['cost'])}"
    budget = [] if result["budget"] is None else [f"${result['left']:,.4f} of ${result['budget']:,.2f} left"]
    n = result["n_unpriced"]
    unpriced = [f"no price known for {n:,} of the calls, so theirs is not in it"] if n else []
    return Shown(result, [*table(result["calls"], columns), total, *unpriced, *budget])


def stages_shown(run: Run) -> Shown:
    """How far each stage of a run is."""
    result = run.status()
    columns = {"stage": "stage", "state": "state", "done": "done", "total": "of"}
    notes = [f"{stage['stage']}: {note}" for stage in result["stages"] for note in stage["notes"]]
    head = f"run {result['run']} on {result['dataset']}"
    return Shown(result, [head, *table(result["stages"], columns), *notes])
