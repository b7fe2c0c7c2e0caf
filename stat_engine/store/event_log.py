"""What the logs of people's decisions (labels, verdicts, examples) share: one JSON line a decision."""

import uuid
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from stat_engine.errors import StatError
from stat_engine.records import ExampleEvent, LabelEvent, VerdictEvent
from stat_engine.store.growing import Growing, growing

Event = TypeVar("Event", LabelEvent, ExampleEvent, VerdictEvent)


class EventLog(Generic[Event]):
    """An append-only file of events of one kind; a process reads each event once."""

    def __init__(self, path: Path, kind: type[Event]) -> None:
        self.path = path
        self._kind: type[Event] = kind

    def events(self) -> list[Event]:
        """All readable events, oldest first; another line is passed over with the warning UnreadableLine."""
        with self._read() as log:
            log.warn()
            return list(log.values)

    def unreadable(self) -> tuple[list[int], int]:
        """Numbers of the lines that are no events, from 1, and 1 where the last line is torn, else 0."""
        with self._read() as log:
            return list(log.unreadable), log.n_torn

    def _read(self) -> AbstractContextManager[Growing[Event]]:
        """The file read as far as it goes, for one thread at a time."""
        return growing(self.path, self._kind, lambda: Growing(self.path, self._kind.model_validate)).now()


def signature(author: str, what: str) -> dict[str, Any]:
    """`event_id`, `author` and `at` of a new event; raises StatError where `what` has no author."""
    if not author.strip():
        raise StatError(f"a {what} needs its author's name")
    return {
        "event_id": uuid.uuid4().hex[:16],
        "author": author.strip(),
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),  # a second holds several decisions by key
    }


def signature_words(event: LabelEvent | ExampleEvent | VerdictEvent) -> str:
    """Who decided and when, as in "by ada on 2026-01-02 at 03:04 UTC"."""
    day, _, time = event.at.partition("T")
    return f"by {event.author} on {day} at {time[:5]} UTC"


def not_undone(events: Iterable[Event], decided_on: Callable[[Event], str]) -> dict[str, list[Event]]:
    """By what was decided on, its decisions that were not taken back, oldest first; notes are none."""
    stacks: dict[str, list[Event]] = {}
    for event in events:
        put_on(stacks.setdefault(decided_on(event), []), event)
    return stacks


def put_on(stack: list[Event], event: Event) -> None:
    """Bring the standing decisions on one thing up to date: an undo takes the last one away, a note none."""
    action: str = event.action
    if action == "undo":
        del stack[-1:]
    elif action != "note":
        stack.append(event)
