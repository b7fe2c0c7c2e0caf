"""What the logs of people's decisions (labels, verdicts, examples) share: one JSON line a decision."""

import uuid
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from stat_engine.errors import StatError
from stat_engine.records import Event
from stat_engine.store.files import append_made
from stat_engine.store.growing import Growing, growing

Decided = TypeVar("Decided", bound=Event)
PAST = {
    "accept": "accepted",
    "edit": "edited",
    "discard": "discarded",
    "drop": "dropped",
    "correct": "marked as correct",
    "incorrect": "marked as incorrect",
    "note": "noted on",
    "undo": "taken back",
}
"""What was done, by action."""


class EventLog(Generic[Decided]):
    """An append-only file of events of one kind; a process reads each event once."""

    def __init__(self, path: Path, kind: type[Decided]) -> None:
        self.path = path
        self._kind: type[Decided] = kind

    def events(self) -> list[Decided]:
        """All readable events, oldest first; another line is passed over with the warning UnreadableLine."""
        with self._read() as log:
            log.warn()
            return list(log.values)

    def unreadable(self) -> tuple[list[int], int]:
        """Numbers of the lines that are no events, from 1, and 1 where the last line is torn, else 0."""
        with self._read() as log:
            return list(log.unreadable), log.n_torn

    def _read(self) -> AbstractContextManager[Growing[Decided]]:
        """The file read as far as it goes, for one thread at a time."""
        return growing(self.path, self._kind, lambda: Growing(self.path, self._kind.model_validate)).now()


class DecisionLog(EventLog[Decided]):
    """A log to which a decision is added only if its author had seen the newest one on the same thing."""

    def __init__(self, path: Path, kind: type[Decided], thing: str, decision: str) -> None:
        """`thing`: what is decided on; `decision`: what is decided, as in "change"."""
        super().__init__(path, kind)
        self._thing, self._decision = thing, decision

    def add(self, events: Sequence[Decided]) -> None:
        """Write decisions for good, all or none; looking and writing happen under one lock.

        Raises StatError where somebody else was faster, and for an undo of nothing."""

        def lines() -> list[str]:
            there = self.events()
            newest, standing = newest_events(there), standing_decisions(there)
            for event in events:
                id = event.subject_id
                if id in newest and newest[id].event_id != event.seen:
                    raise StatError(unseen(self._thing, newest[id]))
                if event.action == "undo" and not standing.get(id):
                    raise StatError(f"{self._thing} {id}: there is no {self._decision} to take back")
            return [event.model_dump_json() for event in events]

        append_made(self.path, lines)


def signature(author: str, what: str) -> dict[str, Any]:
    """`event_id`, `author` and `at` of a new event; raises StatError where `what` has no author."""
    if not author.strip():
        raise StatError(f"a {what} needs its author's name")
    return {
        "event_id": uuid.uuid4().hex[:16],
        "author": author.strip(),
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),  # a second holds several decisions by key
    }


def event_words(event: Event, done: str = "") -> str:
    """Who did what and when, as in "dropped by ada on 2026-01-02 at 03:04 UTC"; `done` gives details."""
    day, _, time = event.at.partition("T")
    return f"{done or PAST[event.action]} by {event.author} on {day} at {time[:5]} UTC"


def unseen(thing: str, newest: Event, words: str = "") -> str:
    """Why a decision is refused whose author had not seen the newest event."""
    about = f"{thing} {newest.subject_id}: {words or event_words(newest)}"
    return f"{about}, which you had not seen, so nothing was written; look at it and decide again"


def newest_events(events: Iterable[Decided]) -> dict[str, Decided]:
    """By what was decided on, its last event of whatever kind."""
    return {event.subject_id: event for event in events}


def standing_decisions(events: Iterable[Decided]) -> dict[str, list[Decided]]:
    """By what was decided on, its decisions that were not taken back, oldest first; notes are none."""
    stacks: dict[str, list[Decided]] = {}
    for event in events:
        put_on(stacks.setdefault(event.subject_id, []), event)
    return stacks


def decisions(events: Iterable[Decided]) -> dict[str, Decided]:
    """By what was decided on, the current decision: its last one that was not taken back."""
    return {id: stack[-1] for id, stack in standing_decisions(events).items() if stack}


def put_on(stack: list[Decided], event: Decided) -> None:
    """Bring the standing decisions on one thing up to date: an undo takes the last one away, a note none."""
    if event.action == "undo":
        del stack[-1:]
    elif event.action != "note":
        stack.append(event)
