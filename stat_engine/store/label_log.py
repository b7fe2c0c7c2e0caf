"""The append-only log of people's decisions on labels, and the current labels that result."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from stat_engine.errors import StatError
from stat_engine.records import LabelAction, LabelEvent, MissingSkill
from stat_engine.store.event_log import PAST, EventLog, decisions, event_words, put_on, signature, unseen
from stat_engine.store.files import append_made
from stat_engine.store.growing import Growing, growing


@dataclass(frozen=True)
class Decision:
    """What a person wants to say of one response's label."""

    response_id: str
    action: LabelAction
    seen: str | None = None
    """Newest event of the response that the person had seen; null: none."""
    skills: list[str] | None = None
    """With an edit, and only then: the skills of the label's own subject, possibly none."""
    other_subjects: dict[str, list[str]] | None = None
    note: str | None = None


class Conflict(StatError):
    """Somebody decided in the meantime; nothing was written. `newest` are the events not seen."""

    def __init__(self, newest: Sequence[LabelEvent]) -> None:
        self.newest = list(newest)
        more = f" (and {len(newest) - 1:,} more responses)" if len(newest) > 1 else ""
        super().__init__(unseen("response", newest[0], f"{in_words(newest[0])}{more}"))


class LabelLog(EventLog[LabelEvent]):
    """`label_events.jsonl` of one run."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, LabelEvent)

    def decide(self, decisions: Sequence[Decision], author: str, bulk: str | None = None) -> list[LabelEvent]:
        """Write decisions for good, all or none: what their author saw must still be the newest there is.

        Looking and writing happen under one lock. Raises Conflict where somebody else was faster, and
        StatError for an edit without skills, a nameless author, an undo of nothing, and a response twice."""
        events = [_event(decision, author, bulk) for decision in decisions]

        def lines() -> list[str]:
            with self._labels() as log:
                log.check(events)
            return [event.model_dump_json() for event in events]

        if len({event.response_id for event in events}) < len(events):
            raise StatError("a response stands twice among the decisions; expected each only once")
        with self._labels() as log:  # before the file is locked: nobody else waits while a long one is read
            log.warn()
        append_made(self.path, lines)
        return events

    def now(self) -> "LabelState":
        """What the events of each response come to."""
        with self._labels() as log:
            log.warn()
            return log.state()

    def of(self, response_id: str) -> list[LabelEvent]:
        """A response's events, oldest first."""
        with self._labels() as log:
            log.warn()
            return list(log.of.get(response_id, ()))

    def _labels(self) -> "AbstractContextManager[_GrowingLabels]":
        return growing(self.path, "labels", lambda: _GrowingLabels(self.path)).now()

    def _read(self) -> AbstractContextManager[Growing[LabelEvent]]:
        return self._labels()


@dataclass(frozen=True)
class LabelState:
    """What the events of each response come to."""

    newest: dict[str, LabelEvent]
    """The last event, of whatever kind."""
    in_force: dict[str, LabelEvent]
    """The decision in force: the last accept, edit or discard that was not undone."""
    disputed: frozenset[str]
    """Responses of which two people say different things."""


class _GrowingLabels(Growing[LabelEvent]):
    """The label log with what its events come to, brought up to date event by event."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, LabelEvent.model_validate)

    def forgotten(self) -> None:
        super().forgotten()
        self.of: dict[str, list[LabelEvent]] = {}
        self._standing: dict[str, list[LabelEvent]] = {}
        self._disputed: set[str] = set()
        self._changed: set[str] = set()
        """Responses of which it is not known yet whether they are disputed."""

    def added(self, value: LabelEvent) -> None:
        super().added(value)
        self.of.setdefault(value.response_id, []).append(value)
        put_on(self._standing.setdefault(value.response_id, []), value)
        self._changed.add(value.response_id)

    def state(self) -> LabelState:
        """A copy of what is in force."""
        self._disputed -= self._changed
        self._disputed |= {id for id in self._changed if _is_disputed(self._standing[id])}
        self._changed.clear()
        return LabelState(
            {id: events[-1] for id, events in self.of.items()},
            {id: stack[-1] for id, stack in self._standing.items() if stack},
            frozenset(self._disputed),
        )

    def check(self, events: Sequence[LabelEvent]) -> None:
        """Raise Conflict where an author had not seen the newest event, StatError for an undo of nothing."""
        last = [(event, self.of[event.response_id][-1]) for event in events if event.response_id in self.of]
        unseen = [newest for event, newest in last if newest.event_id != event.seen]
        if unseen:
            raise Conflict(unseen)
        for event in events:
            if event.action == "undo" and not self._standing.get(event.response_id):
                raise StatError(f"response {event.response_id}: there is no decision to take back")


def _is_disputed(stack: Sequence[LabelEvent]) -> bool:
    last = {event.author: (event.action, event.skills, event.other_subjects) for event in stack}
    return any(said != last[stack[-1].author] for said in last.values())


def conflicts(events: Iterable[LabelEvent]) -> list[LabelEvent]:
    """Events whose author had not seen the newest event of the response at that time."""
    newest: dict[str, str] = {}
    found = []
    for event in events:
        if newest.get(event.response_id) != event.seen:
            found.append(event)
        newest[event.response_id] = event.event_id
    return found


def effective_labels(labels: Iterable[MissingSkill], events: Iterable[LabelEvent]) -> list[MissingSkill]:
    """The teacher's labels as people left them: edits in place of the skills, discarded ones without any.

    An edit that names skills of other subjects gives one more label for each of these."""
    decided = decisions(events)
    effective = []
    for label in labels:
        effective += as_decided(label, decided.get(label.response_id))
    return effective


def as_decided(label: MissingSkill, event: LabelEvent | None) -> list[MissingSkill]:
    """What a decision makes of one label: the label of its own subject first, then of other subjects."""
    if event is None or event.action == "accept":
        return [label]
    if event.action == "discard":
        return [label.model_copy(update={"skills": []})]
    own = label.model_copy(update={"skills": event.skills or [], "status": "ok"})
    others = (event.other_subjects or {}).items()
    return [own, *(own.model_copy(update={"subject": of, "skills": skills}) for of, skills in others)]


def in_words(event: LabelEvent) -> str:
    """Who did what and when, as in "edited to area, powers by ada on 2026-01-02 at 03:04 UTC"."""
    skills = [
        *(event.skills or []),
        *(f"{of}/{s}" for of, ss in (event.other_subjects or {}).items() for s in ss),
    ]
    to = f" to {', '.join(skills) or 'no skill'}" if event.action == "edit" else ""
    return event_words(event, f"{PAST[event.action]}{to}")


def _event(decision: Decision, author: str, bulk: str | None) -> LabelEvent:
    signed = signature(author, "label decision")
    is_edit = decision.action == "edit"
    if is_edit != (decision.skills is not None) or (decision.other_subjects and not is_edit):
        raise StatError(f"label action {decision.action}: skills are given with an edit, and only then")
    return LabelEvent(
        **signed,
        response_id=decision.response_id,
        action=decision.action,
        skills=decision.skills,
        other_subjects=decision.other_subjects or None,
        seen=decision.seen,
        note=decision.note,
        bulk=bulk,
    )
