"""The examples of a run's training set, and people's changes to them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from stat_engine import views
from stat_engine.api.labels import reviewer
from stat_engine.errors import StatError, shown
from stat_engine.formats import exports
from stat_engine.records import ExampleEvent
from stat_engine.review.examples import change_examples, copy_set
from stat_engine.store.event_log import newest_events
from stat_engine.store.example_log import Change
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.examples import ExamplePage
from stat_engine.views.lineage import Lineage

FORMATS = ("trl", "openai", "alpaca", "sharegpt", "parquet")
"""What a training set can be exported as."""


class Examples:
    """The examples of one set. Changes are one author's, and stand in an append-only log; a set that an arm
    was trained on refuses them, so they go to a copy."""

    def __init__(self, folder: RunFolder, set_name: str) -> None:
        self._folder = folder
        self.name = set_name

    def page(
        self,
        skill: tuple[str, str] | None = None,
        state: str | None = None,
        question: str | None = None,
        text: str | None = None,
        page: int = 0,
        n_rows: int = 100,
    ) -> ExamplePage:
        """A page of examples, counted from 0: `n` in all that the filter leaves, and `rows`, a frame."""
        return views.examples.page(self._folder, self.name, skill, state, question, text, page, n_rows)

    def lineage(self, example: str) -> Lineage:
        """An example's origin: from the training row to what people decided on the label behind it."""
        return views.lineage.lineage(self._folder, self.name, example)

    def edit(
        self,
        example: str,
        problem: str | None = None,
        solution: str | None = None,
        note: str | None = None,
        author: str = "",
    ) -> list[ExampleEvent]:
        """Replace an example's question or solution; the set as built, and the history, stay."""
        now = views.examples.one(self._folder, self.name, example)
        texts = {"problem": problem or now["problem"], "solution": solution or now["solution"]}
        return self._change([Change(example, "edit", now["newest"], note=note, **texts)], author)

    def decide(
        self,
        action: Literal["drop", "undo"],
        examples: Sequence[str],
        note: str | None = None,
        author: str = "",
    ) -> list[ExampleEvent]:
        """Drop examples from what is trained on and exported, or take their last change back."""
        seen = newest_events(self._folder.example_log(self.name).events())
        newest = {id: event.event_id for id, event in seen.items()}
        return self._change([Change(id, action, newest.get(id), note=note) for id in examples], author)

    def n_pairs(self) -> int:
        """Pairs in the set as people left it."""
        return self._folder.n_examples(self.name)

    def copy(self, name: str) -> dict[str, Any]:
        """Copy the set under a new name, with its changes; raises StatError where the name is taken."""
        return copy_set(self._folder, self.name, name)

    def leakage(self, top: int = 50) -> dict[str, Any]:
        """How near its questions come to those of validation and test, with the `top` nearest."""
        return dict(views.training_sets.leakage(self._folder, self.name, top))

    def dropped(self) -> pd.DataFrame:
        """One row a new question that a synthesised set left out, with the gate and its reason."""
        return views.training_sets.dropped(self._folder, self.name)

    def export(self, out: Path, format: str = "trl") -> dict[str, Any]:
        """Write the set, as people left it, for another tool; one of FORMATS.

        Returns set, format, n_pairs and files. Raises StatError for another format."""
        if format not in FORMATS:
            raise StatError(f"--format {shown(format)}: expected one of {', '.join(FORMATS)}")
        examples = self._folder.examples(self.name)
        files = [str(path) for path in exports.export(examples, format, out, self.name)]
        return {"set": self.name, "format": format, "n_pairs": len(examples), "files": files}

    def _change(self, changes: Sequence[Change], author: str) -> list[ExampleEvent]:
        return change_examples(self._folder, self.name, changes, reviewer(author))
