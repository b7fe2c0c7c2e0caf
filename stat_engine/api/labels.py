"""Review of a run's labels: what the teacher said, what people decide, and how far they agree."""

import getpass
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from stat_engine import review, views
from stat_engine.errors import StatError, shown
from stat_engine.formats.exports import export_step_labels
from stat_engine.records import LabelEvent
from stat_engine.store.label_log import Decision
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.labels import LabelFilter


def reviewer(name: str = "") -> str:
    """Whose decisions they are: as named, $STAT_REVIEWER, or the user of the system."""
    return name or os.environ.get("STAT_REVIEWER") or getpass.getuser()


class Labels:
    """The labels of a run's teacher. Decisions are one author's, and stand in an append-only log."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def queue(self, wanted: LabelFilter | None = None) -> pd.DataFrame:
        """One row a label as people left it; those that a filter finds where one is given."""
        queue = views.labels.queue(self._folder)
        return queue if wanted is None else wanted.of(queue)

    def counts(self) -> dict[str, int]:
        """Labels by state and flag."""
        return views.labels.counts(views.labels.queue(self._folder))

    def history(self, response: str | None = None) -> pd.DataFrame:
        """Who decided what and when, newest first; of one response where it is named."""
        return views.label_history.history(self._folder, response)

    def decide(self, decision: Decision, author: str = "", over_others: bool = False) -> LabelEvent:
        """Decide on one response, on top of what the log says now.

        Raises StatError where another person decided on it, unless `over_others`."""
        author = reviewer(author)
        if not over_others:
            review.refuse_others(self._folder, [decision.response_id], author)
        newest = next(reversed(self._folder.label_log.of(decision.response_id)), None)
        return review.decide(
            self._folder, replace(decision, seen=newest.event_id if newest else None), author
        )

    def decide_all(
        self,
        action: Literal["accept", "discard"],
        responses: Sequence[str] = (),
        wanted: LabelFilter | None = None,
        note: str | None = None,
        author: str = "",
        over_others: bool = False,
        is_dry: bool = False,
    ) -> dict[str, Any]:
        """Accept or discard the labels of the named responses, or all that a filter finds.

        {"run", "action", "n_meant", "n_decided", "bulk" (what undoes them together), "n_left_to_others"
        (others decided on them), "effects" (on the profile and the planned pairs, a row a skill)}.
        Dry: nothing is decided. Raises StatError for a response without a label that fits the filter."""
        by, queue = reviewer(author), self.queue(wanted)
        if responses:
            self._need_all(responses, queue)
            queue = queue[queue.response_id.isin(list(responses))]
            if not over_others:
                review.refuse_others(self._folder, list(responses), by)
        kept = queue if over_others else queue[queue.author.isna() | (queue.author == by)]
        seen = dict(zip(kept.response_id, kept.newest, strict=True))
        decisions = [Decision(id, action, seen=newest, note=note) for id, newest in seen.items()]
        effects = views.label_history.bulk_effects(self._folder, action, tuple(seen))
        events = [] if is_dry else review.decide_all(self._folder, decisions, by)
        return {
            "run": self._folder.name, "action": action, "n_meant": len(decisions), "n_decided": len(events),
            "bulk": events[0].bulk if events else None, "n_left_to_others": len(queue) - len(kept),
            "effects": effects,
        }  # fmt: skip

    def undo(self, response: str | None = None, author: str = "", over_others: bool = False) -> LabelEvent:
        """Take back the decision on a response, or the author's own last one. The history keeps both."""
        last = None if response else review.last_by(self._folder, reviewer(author))
        if response is None and last is None:
            raise StatError(f"run {self._folder.name} has no decision of {reviewer(author)} to take back")
        id = response or (last.response_id if last else "")
        return self.decide(Decision(id, "undo"), author, over_others)

    def undo_bulk(self, bulk: str, author: str = "") -> tuple[list[LabelEvent], int]:
        """Take back a bulk action: the events, and how many of its decisions others have replaced since."""
        return review.undo_bulk(self._folder, bulk, reviewer(author))

    def export(self, out: Path, format: str = "jsonl") -> dict[str, Any]:
        """Write every label with what people made of it, and what the teacher said: as JSON Lines, or for
        `label-studio` (a .json file) or `argilla` (a folder)."""
        return review.export_labels(self._folder, out, review.label_format(format))

    def export_steps(self, out: Path) -> dict[str, Any]:
        """Write the step labels that people reviewed, as TRL's stepwise data."""
        return dict(export_step_labels(self._folder, out))

    def import_file(
        self,
        file: Path,
        author: str = "",
        over_others: bool = False,
        format: str = "jsonl",
        annotator: str | None = None,
    ) -> dict[str, Any]:
        """Take the decisions of a file over as the author's: all of them, or none where a row is wrong."""
        how = over_others, review.label_format(format), annotator
        return review.import_labels(self._folder, file, reviewer(author), *how)

    def agreement(self) -> dict[str, Any]:
        """How far teachers agree with one another and with their own self-checks, and, as `people`, how far
        people agree with the run's teacher. `notes` say why there is nothing of the teachers.

        Raises NotThereYet before there are labels, StatError where there is nothing to compare: neither a
        second teacher nor a self-check nor a decision of a person."""
        people = views.label_history.people_agreement(self._folder)
        try:
            return {**views.agreement.agreement(self._folder), "people": people, "notes": []}
        except StatError as reason:
            if not people["n_reviewed"]:
                raise
            nothing: dict[str, Any] = {
                key: [] for key in ("teachers", "pairs", "skills", "disagreements", "self_checks")
            }
            return {"run": self._folder.name, **nothing, "people": people, "notes": [str(reason)]}

    def _need_all(self, responses: Sequence[str], queue: pd.DataFrame) -> None:
        unknown = sorted(set(responses) - set(queue.response_id))
        if unknown:
            raise StatError(
                f"run {self._folder.name}: response {shown(unknown[0])} has no label that fits the filter"
            )
