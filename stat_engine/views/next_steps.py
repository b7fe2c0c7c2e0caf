"""The run as the paper's three stages: the state of each, its figures, what it cost, what is next."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from stat_engine.errors import StatError
from stat_engine.method.stage import STAGES, stage
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import compare, difficult, label_history, profile

TASKS = {task: stage.paper_stage for stage in STAGES for task in stage.tasks}
"""Task of a paid call -> the stage of the paper that makes it."""
LAST = {stage.paper_stage: stage for stage in STAGES}
"""Stage of the paper -> the pipeline's stage that ends it."""


Figures = list[tuple[str, str, str | None]]


def figures(run: RunFolder) -> dict[str, Any]:
    """{"1", "2", "3": what each stage found as (label, value, of what or None), "n_pending"}.

    A stage that has found nothing yet has no figures; `n_pending` labels wait for a person's decision."""
    found: dict[str, Any] = {str(number): FIGURES[number](run) for number in LAST}
    return found | {"n_pending": _pending(run)}


def cards(status: dict[str, Any], paid: pd.DataFrame, found: dict[str, Any]) -> list[dict[str, Any]]:
    """One a stage of the paper: number, state, stages, figures, cost, calls, n_unpriced and next.

    From `views.status.status`, `views.status.calls` and `figures` of one run. `cost` (USD), `calls` and
    `n_unpriced` (calls whose price is not known) are those of the run's servers. `next` is {"until":
    pipeline stage} for work to be done, {"page", "words"} for what is there to be looked at, None while
    somebody works or an earlier stage is to be done first."""
    made: list[dict[str, Any]] = []
    for number in LAST:
        own = [stage for stage in status["stages"] if stage["paper_stage"] == number]
        spent = paid[paid["task"].map(lambda task, n=number: TASKS.get(str(task)) == n).astype(bool)]
        is_free = not status["is_working"] and all(before["state"] == "done" for before in made)
        state = _state(own)
        made.append(
            {
                "number": number,
                "state": state,
                "stages": own,
                "figures": found[str(number)],
                "cost": float(spent["cost"].sum()),
                "calls": int(spent["n_calls"].sum()),
                "n_unpriced": int(spent["n_unpriced"].sum()),
                "next": _next(number, state, found) if is_free else None,
            }
        )
    return made


def _state(stages: Sequence[dict[str, Any]]) -> str:
    """Of the parts' states the one that most wants a person's eye; done only where all are."""
    found = [stage["state"] for stage in stages]
    for state in ("working", "stopped", "stale"):
        if state in found:
            return state
    return "done" if set(found) == {"done"} else "waiting"


def _next(number: int, state: str, found: dict[str, Any]) -> dict[str, str]:
    if state != "done":
        return {"until": LAST[number].name}
    page = LAST[number].page
    if number == 1:
        n = next((value for label, value, _ in found["1"] if label == "Difficult"), "")
        return {"page": page, "words": f"Look at the {n} difficult questions"}
    if number == 3:
        return {"page": page, "words": "Compare the arms"}
    if found["n_pending"]:
        return {"page": stage("missing_skills").page, "words": f"Review {found['n_pending']:,} labels"}
    return {"page": page, "words": "Look at the profile"}


def _pending(run: RunFolder) -> int:
    try:
        found = label_history.progress(run)
    except StatError:
        return 0
    return int(found["n_labels"] - found["n_decided"])


def _first(run: RunFolder) -> Figures:
    try:
        found = difficult.summary(run)
    except StatError:
        return []
    n, of = int(str(found["n_difficult"])), int(str(found["n_questions"]))
    return [("Difficult", f"{n:,}", f"of {of:,} questions")]


def _second(run: RunFolder) -> Figures:
    try:
        worst = next((row for row in profile.profile(run).to_dict("records") if row["n_missing"]), None)
        found = label_history.progress(run)
    except StatError:
        return []
    said: Figures = [("Reviewed", f"{found['n_decided']:,}", f"of {found['n_labels']:,} labels")]
    if worst:
        missing = f"in {worst['n_missing']:,} of {worst['n_questions']:,} questions"
        said.append(("Most missed skill", str(worst["skill"]), missing))
    return said


def _third(run: RunFolder) -> Figures:
    try:
        found = compare.compare(run)
    except StatError:
        return []
    n, base = f"n = {found['test_questions']:,}", found["base"]["accuracy"]
    said: Figures = [("Student", f"{base:.3f}", n)]
    if found["arms"]:
        best = found["arms"][0]
        said.append(
            (f"Best arm: {best['arm']}", f"{best['accuracy']:.3f}", f"{best['accuracy'] - base:+.3f}")
        )
    return said


FIGURES = {1: _first, 2: _second, 3: _third}
