"""The append-only log of people's changes to a training set's examples, and the resulting set.

A set is fixed when it is built. Changes are recorded beside it in `example_events.jsonl`: an example
dropped, or its question and solution rewritten. Training, export and counts use the set with these
changes; the table and every decision stay as they were."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stat_engine.errors import StatError
from stat_engine.records import ExampleAction, ExampleEvent, TrainingExample, content_hash
from stat_engine.store.event_log import EventLog, not_undone, signature, signature_words
from stat_engine.store.files import append_made

PAST = {"drop": "dropped", "edit": "edited", "undo": "taken back"}
"""What was done to an example, as people say it."""


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


class ExampleLog(EventLog[ExampleEvent]):
    """`example_events.jsonl` of one training set."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, ExampleEvent)

    def decide(self, changes: Sequence[Change], author: str) -> list[ExampleEvent]:
        """Write changes for good, all or none: what their author saw must still be the newest there is.

        Raises StatError where somebody else was faster, and for an undo of nothing."""
        events = [_event(change, author) for change in changes]

        def lines() -> list[str]:
            there = self.events()
            newest, now = newest_events(there), standing(there)
            for event in events:
                before = newest.get(event.example_id)
                if before is not None and before.event_id != event.seen:
                    raise StatError(
                        f"example {event.example_id} was {example_words(before)}, which you had not seen, so "
                        "nothing was written; look at it and decide again"
                    )
                if event.action == "undo" and event.example_id not in now:
                    raise StatError(f"example {event.example_id}: there is no change to take back")
            return [event.model_dump_json() for event in events]

        append_made(self.path, lines)
        return events


def newest_events(events: Iterable[ExampleEvent]) -> dict[str, ExampleEvent]:
    """The last event of each example, of whatever kind."""
    return {event.example_id: event for event in events}


def standing(events: Iterable[ExampleEvent]) -> dict[str, ExampleEvent]:
    """The change in force for each example: its last drop or edit that was not undone."""
    stacks = not_undone(events, lambda event: event.example_id)
    return {id: stack[-1] for id, stack in stacks.items() if stack}


def effective(examples: Iterable[TrainingExample], events: Iterable[ExampleEvent]) -> list[TrainingExample]:
    """The examples as people left them: without the dropped ones, the edited ones in their new words."""
    now = standing(events)
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
    now = standing(events)
    changed = [[id, event.action, event.problem, event.solution] for id, event in sorted(now.items())]
    return content_hash(digest, changed) if changed else digest


def example_words(event: ExampleEvent) -> str:
    """Who did what and when, as in "dropped by ada on 2026-01-02 at 03:04 UTC"."""
    return f"{PAST[event.action]} {signature_words(event)}"


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
