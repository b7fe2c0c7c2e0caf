"""Verdicts on responses: where the grader and imported ones differ, and what people overruled."""

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd

from stat_engine import review, views
from stat_engine.api.labels import reviewer
from stat_engine.records import VerdictEvent
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.verdict_log import Overruling, Place
from stat_engine.views.verdicts import Disagreement, Disagreements

EVENT_COLUMNS = list(VerdictEvent.model_fields)


class Verdicts:
    """The verdicts on a run's responses. People's are one author's each, and stand in an append-only log."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def compared(self) -> Disagreements:
        """Imported verdicts against the grader's: how many, and the rows on which they differ.

        Raises NotThereYet where no response came with a verdict."""
        return views.verdicts.disagreements(self._folder)

    def disagreements(self) -> pd.DataFrame:
        """The rows of `compared`, with the keys of `Disagreement` as columns."""
        return pd.DataFrame(self.compared()["rows"], columns=list(Disagreement.__annotations__))

    def overrule(
        self,
        question: str,
        sample: int,
        verdict: Literal["correct", "incorrect", "undo"],
        note: str | None = None,
        author: str = "",
        arm: str | None = None,
        seed: int | None = None,
        benchmark: str | None = None,
        model: str | None = None,
        over_others: bool = False,
    ) -> dict[str, Any]:
        """Say whether a response is correct, in place of the stored verdict, or take that back.

        A validation response unless `arm` names an evaluation, by default its first seed on the run's own
        benchmark. Returns the event's fields, `before` and `after` (is it correct? null: not known) and
        `stale`, the stages that the change left out of date. Raises StatError where another person's verdict
        is in force, unless `over_others`."""
        run, by = self._folder, reviewer(author)
        place = self._place(arm, seed, benchmark)
        response = views.verdicts.find(run, question, sample, place, model)
        id, stored = response.response_id, response.is_correct
        if not over_others:
            review.refuse_others_verdict(run, id, by)
        before, was_stale = run.verdicts().get(id, stored), self._stale()
        seen = views.verdicts.standing(run, id)["newest"]
        event = review.overrule(run, Overruling(response, place, verdict, seen, note), by)
        return {
            **event.model_dump(), "before": before, "after": run.verdicts().get(id, stored),
            "stale": [name for name in self._stale() if name not in was_stale],
        }  # fmt: skip

    def history(self) -> pd.DataFrame:
        """Who called which response what, newest first; nothing in it is ever changed."""
        rows = [event.model_dump() for event in reversed(views.verdicts.events(self._folder))]
        return pd.DataFrame(rows, columns=EVENT_COLUMNS)

    def _place(self, arm: str | None, seed: int | None, benchmark: str | None) -> Place:
        if arm is None:
            return Place()
        name = benchmark or self._folder.config.evaluation.split
        seeds = self._folder.evaluated(name).get(arm, [0])
        return Place(arm, seeds[0] if seed is None else seed, name)

    def _stale(self) -> Sequence[str]:
        stages = views.status.status(self._folder)["stages"]
        return [stage["stage"] for stage in stages if stage["state"] == "stale"]
