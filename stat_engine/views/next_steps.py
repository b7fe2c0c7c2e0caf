"""A run's three stages of the paper: state, figures and cost of each, and the next action."""

from collections.abc import Sequence
from typing import TypedDict, final

import pandas as pd

from stat_engine.errors import StatError, pass_over
from stat_engine.method.stage import STAGES, stage
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import compare, difficult, label_history, profile
from stat_engine.views.status import StageStatus, State, Status

TASKS = {task: stage.paper_stage for stage in STAGES for task in stage.tasks}
"""Task of a paid call -> the stage of the paper that makes it."""
LAST = {stage.paper_stage: stage for stage in STAGES}
"""Stage of the paper -> the pipeline's stage that ends it."""
Figure = tuple[str, str, str | None]
"""(label, value, what it is of or how it compares; null: nothing to say)"""


class Found(TypedDict):
    """What the stages of the paper found in a run."""

    figures: dict[int, list[Figure]]
    """By stage of the paper; empty for one that has found nothing yet."""
    n_pending: int
    """Labels that wait for a person's decision."""


@final
class Work(TypedDict):
    """Work to be done next."""

    until: str
    """The pipeline's stage to bring the run up to."""


@final
class Look(TypedDict):
    """An outcome to be looked at next."""

    page: str
    words: str


class Card(TypedDict):
    """One of the paper's three stages."""

    number: int
    """1, 2 or 3."""
    state: State
    stages: list[StageStatus]
    figures: list[Figure]
    cost: float
    """USD of its calls to the run's servers, without those of `n_unpriced`."""
    calls: int
    n_unpriced: int
    """Calls whose price is not known."""
    next: Work | Look | None
    """Null: a process works on the run, or an earlier stage comes first."""


def figures(run: RunFolder) -> Found:
    """The figures of each stage of the paper, and the labels that are not decided on."""
    return {"figures": {1: _first(run), 2: _second(run), 3: _third(run)}, "n_pending": _pending(run)}


def cards(status: Status, paid: pd.DataFrame, found: Found) -> list[Card]:
    """One card a stage of the paper, from `status.status`, `status.calls` and `figures` of one run."""
    made: list[Card] = []
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
                "figures": found["figures"][number],
                "cost": float(spent["cost"].sum()),
                "calls": int(spent["n_calls"].sum()),
                "n_unpriced": int(spent["n_unpriced"].sum()),
                "next": _next(number, state, found) if is_free else None,
            }
        )
    return made


def _state(stages: Sequence[StageStatus]) -> State:
    """Of the parts' states the one that needs attention first; done only where all are."""
    found = [stage["state"] for stage in stages]
    needing: tuple[State, ...] = ("working", "stopped", "stale")
    for state in needing:
        if state in found:
            return state
    return "done" if set(found) == {"done"} else "waiting"


def _next(number: int, state: State, found: Found) -> Work | Look:
    if state != "done":
        return {"until": LAST[number].name}
    page = LAST[number].page
    if number == 1:
        n = next((value for label, value, _ in found["figures"][1] if label == "Difficult"), "")
        return {"page": page, "words": f"Look at the {n} difficult questions"}
    if number == 3:
        return {"page": page, "words": "Compare the arms"}
    if found["n_pending"]:
        return {"page": stage("missing_skills").page, "words": f"Review {found['n_pending']:,} labels"}
    return {"page": page, "words": "Look at the profile"}


def _pending(run: RunFolder) -> int:
    try:
        found = label_history.progress(run)
    except StatError as error:
        pass_over(error)
        return 0
    return found["n_labels"] - found["n_decided"]


def _first(run: RunFolder) -> list[Figure]:
    try:
        found = difficult.summary(run)
    except StatError as error:
        pass_over(error)
        return []
    return [("Difficult", f"{found['n_difficult']:,}", f"of {found['n_questions']:,} questions")]


def _second(run: RunFolder) -> list[Figure]:
    try:
        worst = next((row for row in profile.profile(run).to_dict("records") if row["n_missing"]), None)
        found = label_history.progress(run)
    except StatError as error:
        pass_over(error)
        return []
    said: list[Figure] = [("Reviewed", f"{found['n_decided']:,}", f"of {found['n_labels']:,} labels")]
    if worst:
        missing = f"in {worst['n_missing']:,} of {worst['n_questions']:,} questions"
        said.append(("Most missed skill", str(worst["skill"]), missing))
    return said


def _third(run: RunFolder) -> list[Figure]:
    try:
        found = compare.compare(run)
    except StatError as error:
        pass_over(error)
        return []
    n, base = f"n = {found['test_questions']:,}", found["base"]["accuracy"]
    said: list[Figure] = [("Student", f"{base:.3f}", n)]
    if found["arms"]:
        best = found["arms"][0]
        said.append(
            (f"Best arm: {best['arm']}", f"{best['accuracy']:.3f}", f"{best['accuracy'] - base:+z.3f}")
        )
    return said
