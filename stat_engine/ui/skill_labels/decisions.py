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

from stat_engine import review
from stat_engine.errors import StatError
from stat_engine.records import LabelEvent
from stat_engine.review import PAST, Conflict, Decision
from stat_engine.skills import Skill
from stat_engine.ui.shared import frame
from stat_engine.ui.shared.address import remember
from stat_engine.views.labels import LabelItem, newest_event
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown, plain

EDITING, CHOSEN, CLASH, SAID, REFUSED, LOOKED = (
    f"labels_{name}" for name in ("editing", "chosen", "clash", "said", "refused", "looked")
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
        st.session_state[REFUSED] = str(error)


def forget_name() -> None:
    """Ask for the reviewer's name again."""
    st.session_state.pop(frame.REVIEWER, None)


def go_to(response_id: str | None) -> None:
    """Show another label; without an id the first one of the filter."""
    remember("item", response_id)
    leave_editor()
    for key in (CLASH, REFUSED, SAID):
        st.session_state.pop(key, None)


def decide(run: Run, decision: Decision, author: str, following: str | None) -> None:
    """Write a decision and go on to the label that follows; a conflict or a refusal stays on this one."""
    with _refusals():
        try:
            review.decide(run, decision, author)
        except Conflict as conflict:
            theirs = conflict.newest[-1]
            if not _is_the_same(theirs, decision, author):  # else the key was hit twice
                st.session_state[CLASH] = Clash(theirs, decision)
                if is_edited(decision.response_id):  # the next save is on top of what is shown now
                    st.session_state[EDITING] = (decision.response_id, theirs.event_id)
                return
        go_to(following)
        st.session_state[SAID] = f"{PAST[decision.action]}: {decision.response_id}"


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
    chosen: list[Skill] = st.session_state.get(CHOSEN, [])
    others: dict[str, list[str]] = {}
    for of, skill in chosen:
        if of != subject:
            others.setdefault(of, []).append(skill)
    skills = [skill for of, skill in chosen if of == subject]
    _, seen = st.session_state.get(EDITING, (None, None))
    edit = Decision(response_id, "edit", seen, skills, others or None)
    decide(run, edit, author, following)


def open_editor(response_id: str, seen: str | None, skills: Sequence[Skill]) -> None:
    """Begin to edit a label, with the skills that it now has and what of its history is now on show."""
    st.session_state[EDITING] = (response_id, seen)
    st.session_state[CHOSEN] = list(skills)


def is_edited(response_id: str) -> bool:
    """Whether the editor is open on the label."""
    return bool(st.session_state.get(EDITING, (None, None))[0] == response_id)


def new_to(author: str | None, response_id: str, events: Sequence[LabelEvent]) -> LabelEvent | None:
    """What somebody else did to the label since it is on show here; told once."""
    newest = events[-1] if events else None
    before = st.session_state.get(LOOKED)
    st.session_state[LOOKED] = (response_id, newest.event_id if newest else None)
    is_new = before is not None and before[0] == response_id and before != st.session_state[LOOKED]
    return newest if is_new and newest and newest.author != author else None


def leave_editor() -> None:
    """Close the editor and forget what was chosen in it."""
    st.session_state.pop(EDITING, None)
    st.session_state.pop(CHOSEN, None)


def toggle(skill: Skill) -> None:
    """Choose a skill in the editor, or take it out again."""
    chosen = st.session_state.get(CHOSEN, [])
    st.session_state[CHOSEN] = (
        [one for one in chosen if one != skill] if skill in chosen else [*chosen, skill]
    )


def choose_others(key: str, subject: str) -> None:
    """Take over what the list of other subjects' skills holds."""
    own = [skill for skill in st.session_state.get(CHOSEN, []) if skill[0] == subject]
    st.session_state[CHOSEN] = own + list(st.session_state[key])


def decide_all(run: Run, decisions: Sequence[Decision], author: str) -> None:
    """Write many decisions, all or none."""
    with _refusals():
        events = review.decide_all(run, decisions, author)
        go_to(None)
        past = PAST[events[0].action]
        st.session_state[SAID] = f"{len(events):,} labels {past} (bulk action {events[0].bulk})"


def undo_bulk(run: Run, bulk: str, author: str) -> None:
    """Take back what a bulk action decided."""
    with _refusals():
        events, n_left = review.undo_bulk(run, bulk, author)
        left = f", {n_left:,} left because of later decisions" if n_left else ""
        st.session_state[SAID] = f"{len(events):,} decisions taken back{left}"


def import_file(run: Run, key: str, author: str) -> None:
    """Take in the decisions of the uploaded file."""
    file = st.session_state.get(key)
    if file is None:
        return
    with _refusals():
        result = import_labels(run, file.name, file.getvalue(), author)
        st.session_state[SAID] = (
            f"{result['n_decided']:,} decisions imported, {result['n_passed_over']:,} rows skipped"
        )


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


SKILL_KEYS = [*"1234567890"]
"""Keys of the subject's first skills in the editor; the others are clicked."""


def keys(
    run: Run, item: LabelItem, author: str | None, before: str | None, after: str | None,
    following: str | None,
) -> None:  # fmt: skip
    """The row of buttons with their keys; without a reviewer only those that move."""
    if author and is_edited(item["label"].response_id):
        _editor(run, item, author, following)
        return
    id, seen = item["label"].response_id, item["newest"]
    known = [skill for skill in item["skills"] if skill in item["vocabulary"]]
    with st.container(horizontal=True):
        for name, action, key in (("Accept", "accept", "a"), ("Discard", "discard", "d")):
            decision = Decision(id, action, seen)  # type: ignore[arg-type]
            st.button(
                name, key=f"labels_{action}_{id}", shortcut=key, disabled=not author,
                type="primary" if action == "accept" else "secondary",
                on_click=decide, args=(run, decision, author, following),
            )  # fmt: skip
        st.button(
            "Edit", key=f"labels_edit_{id}", shortcut="e", disabled=not author,
            on_click=open_editor, args=(id, seen, known),
        )  # fmt: skip
        if st.button("Note", key=f"labels_note_{id}", shortcut="n", disabled=not author) and author:
            _note(run, id, author)
        undo(run, author, item["decision"], seen)
        st.button("Previous", key=f"labels_previous_{id}", shortcut="k", disabled=not before,
                  on_click=go_to, args=(before,))  # fmt: skip
        st.button("Next", key=f"labels_next_{id}", shortcut="j", disabled=not after,
                  on_click=go_to, args=(after,))  # fmt: skip


def undo(run: Run, author: str | None, decision: LabelEvent | None, seen: str | None) -> None:
    """Take back the decision on the label shown, else the reviewer's own last one, and show that label."""
    what = "Take back the decision on this label"
    if decision is None:
        decision = last_decision(run, author) if author else None
        what = "Take back my last decision, and show it"
        seen = newest_event(run, decision.response_id) if decision else None
    id = decision.response_id if decision else ""
    st.button(
        "Undo", key=f"labels_undo_{id}", shortcut="u", help=what, disabled=not (author and decision),
        on_click=decide, args=(run, Decision(id, "undo", seen), author, id),
    )  # fmt: skip


def _editor(run: Run, item: LabelItem, author: str, following: str | None) -> None:
    label, chosen = item["label"], st.session_state.get(CHOSEN, [])
    own = [skill for skill in item["vocabulary"] if skill[0] == label.subject]
    others = [skill for skill in item["vocabulary"] if skill[0] != label.subject]
    unknown = [skill[1] for skill in item["skills"] if skill not in item["vocabulary"]]
    with st.container(border=True):
        st.markdown("**Which skills does the response lack?**")
        if unknown:
            st.caption(f"Outside the vocabulary, and gone when saved: {as_markdown(', '.join(unknown))}")
        with st.container(horizontal=True):
            for at, skill in enumerate(own):
                _skill_button(label.response_id, skill, skill in chosen, at)
        if others:
            key = f"labels_others_{label.response_id}"
            st.multiselect(
                "Skills of other subjects", others, [skill for skill in chosen if skill[0] != label.subject],
                format_func=lambda skill: f"{plain(skill[1])} ({plain(skill[0])})", key=key,
                on_change=choose_others, args=(key, label.subject),
            )  # fmt: skip
        saving = (run, label.response_id, label.subject, author, following)
        with st.container(horizontal=True):
            st.button("Save", key=f"labels_save_{label.response_id}", shortcut="s", type="primary",
                      on_click=save_edit, args=saving)  # fmt: skip
            st.button("Cancel", key=f"labels_cancel_{label.response_id}", shortcut="Esc",
                      on_click=leave_editor)  # fmt: skip


def _skill_button(response_id: str, skill: Skill, is_chosen: bool, at: int) -> None:
    name = as_markdown(plain(skill[1]))
    st.button(
        f"✓ {name}" if is_chosen else name, key=f"labels_skill_{response_id}_{at}",
        type="primary" if is_chosen else "secondary",
        shortcut=SKILL_KEYS[at] if at < len(SKILL_KEYS) else None,
        on_click=toggle, args=(skill,),
    )  # fmt: skip


@st.dialog("Add a note")
def _note(run: Run, response_id: str, author: str) -> None:
    with st.form("labels_note_form", border=False):
        text = st.text_area("A note on this label", key=f"labels_note_text_{response_id}")
        is_given = st.form_submit_button("Save the note", type="primary")
    st.caption("Ctrl+Enter saves it, Esc closes.")
    if is_given:
        try:
            note(run, response_id, text, author)
        except StatError as error:
            st.error(as_markdown(str(error)))
            return
        st.rerun()
