"""The append-only log of people's decisions about labels, and what it makes of the teacher's labels."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from stat_engine.errors import StatError
from stat_engine.records import LabelAction, LabelEvent, MissingSkill
from stat_engine.store.files import append_lines, read_lines


class LabelLog:
    """`label_events.jsonl` of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def events(self) -> list[LabelEvent]:
        """All whole events, oldest first."""
        values, _ = read_lines(self.path)
        return [LabelEvent.model_validate(value) for value in values]

    def n_torn(self) -> int:
        """Lines cut short by a killed writer, which are passed over."""
        return read_lines(self.path)[1]

    def append(
        self,
        response_id: str,
        action: LabelAction,
        author: str,
        skills: list[str] | None = None,
        seen: str | None = None,
        note: str | None = None,
    ) -> LabelEvent:
        """Write one decision for good. Raises StatError for an edit without skills or a nameless author."""
        if not author.strip():
            raise StatError("a label decision needs its author's name")
        if (action == "edit") != (skills is not None):
            raise StatError(f"label action {action}: skills are given with an edit, and only then")
        event = LabelEvent(
            event_id=uuid.uuid4().hex[:16],
            response_id=response_id,
            action=action,
            skills=skills,
            author=author,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            seen=seen,
            note=note,
        )
        append_lines(self.path, event.model_dump_json())
        return event


def decisions(events: Iterable[LabelEvent]) -> dict[str, LabelEvent]:
    """The decision in force for each response: its last accept, edit or discard that was not undone."""
    stacks: dict[str, list[LabelEvent]] = {}
    for event in events:
        stack = stacks.setdefault(event.response_id, [])
        if event.action == "undo":
            del stack[-1:]
        elif event.action != "note":
            stack.append(event)
    return {response: stack[-1] for response, stack in stacks.items() if stack}


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
    """The teacher's labels as people left them: edits in place of the skills, discarded ones without any."""
    decided = decisions(events)
    effective = []
    for label in labels:
        event = decided.get(label.response_id)
        if event is not None and event.action == "edit":
            label = label.model_copy(update={"skills": event.skills, "status": "ok"})
        elif event is not None and event.action == "discard":
            label = label.model_copy(update={"skills": []})
        effective.append(label)
    return effective
