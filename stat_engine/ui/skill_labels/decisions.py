"""Label review: the keys, the editor of skills, writing a decision, and reporting what prevented it.

Each call uses what the page showed when it was drawn. A decision that somebody else's overtook is
therefore detected and kept, and the page shows both.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st

from stat_engine import review, views
from stat_engine.errors import StatError
from stat_engine.records import LabelEvent
from stat_engine.review import PAST, Conflict, Decision
from stat_engine.skills import Skill
from stat_engine.ui.shared import data, presses
from stat_engine.ui.shared.whole import state
from stat_engine.ui.skill_labels import order
from stat_engine.views.labels import newest_event
from stat_engine.views.places import Run

QUEUE = "labels_queue"
"""Key of the queue of presses."""
EDITING, CHOSEN, CLASH, REFUSED, LOOKED, SEEN, NOTING = (
    f"labels_{name}" for name in ("editing", "chosen", "clash", "refused", "looked", "seen", "noting")
)


@dataclass(frozen=True)
class Clash:
    """Two people on one label: what the other one did, and what this one meant to do."""

    theirs: LabelEvent
    mine: Decision


@contextmanager
def _refusals() -> Iterator[None]:
    """Keep a refusal for the page to show."""
    try:
        yield
    except StatError as error:
        state()[REFUSED] = str(error)


def go_to(response_id: str | None) -> None:
    """Show another label; without an id the first one of the filter."""
    order.go(response_id)
    leave_editor()
    for key in (CLASH, REFUSED):
        state().pop(key, None)


def decide(run: Run, decision: Decision, author: str, following: str | None) -> None:
    """Write a decision and go on to the label that follows; a conflict or a refusal stays on this one."""
    called = _called(run, decision.response_id)
    with _refusals():
        try:
            event = review.decide(run, decision, author)
        except Conflict as conflict:
            theirs = conflict.newest[-1]
            if not _is_the_same(theirs, decision, author):  # else the key was hit twice
                state()[CLASH] = Clash(theirs, decision)
                if is_edited(decision.response_id):  # the next save is on top of what is shown now
                    state()[EDITING] = (decision.response_id, theirs.event_id)
                return
        else:
            state().setdefault(SEEN, {})[decision.response_id] = event.event_id
        go_to(following)
        undo = None if decision.action == "undo" else f"undo:{decision.response_id}"
        presses.say(QUEUE, f"{PAST[decision.action].capitalize()}: {called}", undo)


def _called(run: Run, response_id: str) -> str:
    """A label as its question is called."""
    queue = data.view(views.labels.queue, run)
    return str(queue.question_id[queue.response_id == response_id].iloc[0])


def _is_the_same(made: LabelEvent, decision: Decision, author: str) -> bool:
    """Whether an event says what its author is about to say; of two edits, with the same skills."""
    if (made.author, made.action) != (author, decision.action):
        return False
    return decision.action != "edit" or _named(made) == _named(decision)


def _named(edit: LabelEvent | Decision) -> dict[str, list[str]]:
    """{subject: skills} that an edit leaves; the label's own subject has no name."""
    return {"": sorted(edit.skills or []), **{of: sorted(s) for of, s in (edit.other_subjects or {}).items()}}


def save_edit(run: Run, response_id: str, subject: str, author: str, following: str | None) -> None:
    """Write the skills chosen in the editor, by somebody who saw what was there when it was opened."""
    if not is_edited(response_id):  # the key was hit twice: the first time closed the editor
        return
    chosen: list[Skill] = state().get(CHOSEN, [])
    others: dict[str, list[str]] = {}
    for of, skill in chosen:
        if of != subject:
            others.setdefault(of, []).append(skill)
    skills = [skill for of, skill in chosen if of == subject]
    _, seen = state().get(EDITING, (None, None))
    edit = Decision(response_id, "edit", seen, skills, others or None)
    decide(run, edit, author, following)


def open_editor(response_id: str, seen: str | None, skills: Sequence[Skill]) -> None:
    """Begin to edit a label, with the skills that it now has and what of its history is now on show."""
    state()[EDITING] = (response_id, seen)
    state()[CHOSEN] = list(skills)


def is_edited(response_id: str) -> bool:
    """Whether the editor is open on the label."""
    return bool(state().get(EDITING, (None, None))[0] == response_id)


def new_to(author: str | None, response_id: str, events: Sequence[LabelEvent]) -> LabelEvent | None:
    """What somebody else did to the label since it is on show here; told once."""
    newest = events[-1] if events else None
    before = state().get(LOOKED)
    state()[LOOKED] = (response_id, newest.event_id if newest else None)
    is_new = before is not None and before[0] == response_id and before != state()[LOOKED]
    return newest if is_new and newest and newest.author != author else None


def leave_editor() -> None:
    """Close the editor and forget what was chosen in it."""
    state().pop(EDITING, None)
    state().pop(CHOSEN, None)


def toggle(skill: Skill) -> None:
    """Choose a skill in the editor, or take it out again."""
    chosen = state().get(CHOSEN, [])
    state()[CHOSEN] = [one for one in chosen if one != skill] if skill in chosen else [*chosen, skill]


def choose_others(key: str, subject: str) -> None:
    """Take over what the list of other subjects' skills holds."""
    own = [skill for skill in state().get(CHOSEN, []) if skill[0] == subject]
    state()[CHOSEN] = own + list(st.session_state[key])


def decide_all(run: Run, decisions: Sequence[Decision], author: str) -> None:
    """Write many decisions, all or none."""
    with _refusals():
        events = review.decide_all(run, decisions, author)
        go_to(None)
        past = PAST[events[0].action]
        presses.say(QUEUE, f"{_labels(len(events))} {past}", f"undo_bulk:{events[0].bulk}")


def undo_bulk(run: Run, bulk: str, author: str) -> None:
    """Take back what a bulk action decided."""
    with _refusals():
        events, n_left = review.undo_bulk(run, bulk, author)
        left = f", {n_left:,} left because of later decisions" if n_left else ""
        presses.say(QUEUE, f"{len(events):,} decisions taken back{left}")


def import_file(run: Run, key: str, author: str) -> None:
    """Take in the decisions of the uploaded file."""
    file = st.session_state.get(key)
    if file is None:
        return
    with _refusals():
        result = import_labels(run, file.name, file.getvalue(), author)
        n, skipped = result["n_decided"], result["n_passed_over"]
        presses.say(QUEUE, f"{n:,} decisions imported, {skipped:,} rows skipped")


def _labels(n: int) -> str:
    return f"{n:,} label{'s' * (n != 1)}"


def note(run: Run, response_id: str, text: str, author: str) -> None:
    """Add a note to a label's history; it changes no label, so it goes on top of whatever is there."""
    seen = newest_event(run, response_id)
    review.decide(run, Decision(response_id, "note", seen=seen, note=text), author)


def last_decision(run: Run, author: str) -> LabelEvent | None:
    """The author's last decision, if it is in force."""
    return review.last_by(run, author)


def exported_labels(run: Run) -> str:
    """The run's labels as `stat-studio label export` writes them."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "labels.jsonl"
        review.export_labels(run, out)
        return out.read_text(encoding="utf-8")


def import_labels(run: Run, name: str, content: bytes, author: str) -> dict[str, Any]:
    """Take the decisions of an uploaded file in as the author's; its name stands in errors."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        try:
            return review.import_labels(run, path, author)
        except StatError as error:
            raise StatError(str(error).replace(f"{folder}/", "")) from None
