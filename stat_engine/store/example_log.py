"""The append-only log of people's changes to a training set's examples, and the resulting set.

A set is fixed when it is built. Changes are recorded beside it in `example_events.jsonl`: an example
dropped, or its question and solution rewritten. Training, export and counts use the set with these
changes; the table and every decision stay as they were."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stat_engine.errors import StatError
from stat_engine.records import ExampleAction, ExampleEvent, TrainingExample, content_hash
from stat_engine.store.event_log import DecisionLog, decisions, signature


@dataclass(frozen=True)
class Change:
    """What a person wants to do to one example, its repeats included."""

    example_id: str
    action: ExampleAction
    seen: str | None = None
    """Newest event of the example that the person had seen; null: none."""
    problem: str | None = None
    """With an edit, and only then, as `solution`."""
    solution: str | None = None
    note: str | None = None


class ExampleLog(DecisionLog[ExampleEvent]):
    """`example_events.jsonl` of one training set."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, ExampleEvent, "example", "change")

    def decide(self, changes: Sequence[Change], author: str) -> list[ExampleEvent]:
        """Write changes for good, all or none: what their author saw must still be the newest there is.

        Raises StatError where somebody else was faster, and for an undo of nothing."""
        events = [_event(change, author) for change in changes]
        self.add(events)
        return events


def effective(examples: Iterable[TrainingExample], events: Iterable[ExampleEvent]) -> list[TrainingExample]:
    """The examples as people left them: without the dropped ones, the edited ones in their new words."""
    now = decisions(events)
    kept = []
    for example in examples:
        event = now.get(example.example_id)
        if event is None:
            kept.append(example)
        elif event.action == "edit":
            kept.append(example.model_copy(update={"problem": event.problem, "solution": event.solution}))
    return kept


def effective_digest(digest: str, events: Iterable[ExampleEvent]) -> str:
    """Digest of a set as people left it; the set's own where no change is in force."""
    now = decisions(events)
    changed = [[id, event.action, event.problem, event.solution] for id, event in sorted(now.items())]
    return content_hash(digest, changed) if changed else digest


def _event(change: Change, author: str) -> ExampleEvent:
    signed = signature(author, "change to a training set")
    texts = (change.problem, change.solution)
    if change.action == "edit" and not all(text and text.strip() for text in texts):
        raise StatError(
            f"example {change.example_id}: an edit needs a question and a solution, found a blank"
        )
    if change.action != "edit" and any(texts):
        raise StatError(f"example action {change.action}: texts are given with an edit, and only then")
    return ExampleEvent(
        **signed,
        example_id=change.example_id,
        action=change.action,
        problem=change.problem,
        solution=change.solution,
        seen=change.seen,
        note=change.note,
    )
