"""The buttons of label review with their keys, and what a press does to the label that it meets.

Presses are carried out one after another, each on the label that is next after those before it, also where
the page has not shown that label yet."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.errors import StatError
from stat_engine.records import LabelEvent
from stat_engine.review import Decision
from stat_engine.skills import Skill
from stat_engine.ui.shared import presses
from stat_engine.ui.shared.whole import state
from stat_engine.ui.skill_labels import decisions
from stat_engine.ui.skill_labels.decisions import CHOSEN, QUEUE, decide, go_to, is_edited, leave_editor
from stat_engine.ui.skill_labels.order import gone_to, position, queue
from stat_engine.views.labels import LabelFilter, LabelItem, newest_event
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown, plain

MOVES = {"j": "next", "k": "previous"}
KEYS = {
    "a": "accept", "d": "discard", "e": "edit", "n": "note", "u": "undo", "s": "save", "Escape": "cancel",
}  # fmt: skip
SKILL_KEYS = [*"1234567890"]
"""Keys of the subject's first skills in the editor; the others are clicked."""
BUTTONS = ("accept", "discard", "edit", "note", "undo", "save", "cancel", "next", "previous")
NAMES = {f"skill:{at}": f"Skill {at + 1}" for at in range(len(SKILL_KEYS))} | {
    name: name.capitalize() for name in BUTTONS
}
FILTER, ON_SHOW = "labels_filter", "labels_on_show"


def take(run: Run, author: str | None) -> None:
    """Take the presses of keys and buttons; without a reviewer only those that move."""
    skills = {key: f"skill:{at}" for at, key in enumerate(SKILL_KEYS)}
    keys: Mapping[str, str] = {**MOVES, **KEYS, **skills} if author else MOVES
    buttons = [(f"labels_{name}_", name) for name in BUTTONS] + [("labels_skill_", "skill:*")]
    presses.take(QUEUE, keys, buttons, lambda press: _carry_out(run, author, press), NAMES)


def remember_shown(queue: pd.DataFrame, response_id: str | None) -> None:
    """Keep what the page shows: decisions are made on top of it."""
    state()[decisions.SEEN] = dict(zip(queue.response_id, queue.newest, strict=True))
    state()[ON_SHOW] = response_id


@dataclass(frozen=True)
class _Met:
    """The label that a press meets, with its neighbours."""

    id: str
    row: pd.Series
    before: str | None
    after: str | None
    following: str | None

    @property
    def seen(self) -> str | None:
        """The newest event of it that the page has shown."""
        newest: str | None = state().get(decisions.SEEN, {}).get(self.id)
        return newest


def _met(run: Run) -> _Met | None:
    every = queue(run)
    rows = state().get(FILTER, LabelFilter()).of(every)
    id = gone_to(rows, every)
    if id is None:
        return None
    _, *around = position(rows, every, id)
    return _Met(id, every[every.response_id == id].iloc[0], *around)


def _carry_out(run: Run, author: str | None, press: str) -> bool:
    """Do what was pressed; False where the reviewer has to look at the page before the next one."""
    name, _, of = press.partition(":")
    met = _met(run)
    if name in ("undo", "undo_bulk"):
        _take_back(run, author, met, name, of)
    elif met is None:
        return False
    elif name in MOVES.values():
        _move(met, name)
    elif author is None:
        return True
    elif is_edited(met.id):
        _in_editor(run, met, author, name, of)
    elif name in ("accept", "discard") and _is_elses(met, author):
        state()[decisions.REFUSED] = (
            "Somebody else has decided on this label, and the page had not shown it yet; look at it first"
        )
    elif name in ("accept", "discard"):
        decide(run, Decision(met.id, name, met.seen), author, met.following)  # type: ignore[arg-type]
    elif name == "edit":
        item = views.labels.item(run, met.id)
        decisions.open_editor(met.id, met.seen, _known(item))
    elif name == "note":
        state()[decisions.NOTING] = met.id
    return not any(state().get(key) for key in (decisions.CLASH, decisions.REFUSED))


def _is_elses(met: _Met, author: str) -> bool:
    """Whether somebody else's decision is in force on a label that the page has not shown."""
    return met.id != state().get(ON_SHOW) and met.row.author not in (None, author)


def _move(met: _Met, name: str) -> None:
    if to := met.after if name == "next" else met.before:
        go_to(to)


def _in_editor(run: Run, met: _Met, author: str, name: str, of: str) -> None:
    """A press while the editor is open; one that has no meaning there does nothing."""
    subject = str(met.row.subject)
    if name == "save":
        decisions.save_edit(run, met.id, subject, author, met.following)
    elif name == "cancel":
        leave_editor()
    elif name == "skill":
        own = [skill for skill in views.labels.item(run, met.id)["vocabulary"] if skill[0] == subject]
        if int(of) < len(own):
            decisions.toggle(own[int(of)])


def _take_back(run: Run, author: str | None, met: _Met | None, name: str, of: str) -> None:
    if author is None:
        return
    if name == "undo_bulk":
        decisions.undo_bulk(run, of, author)
        return
    id, seen = of or (met.id if met else ""), state().get(decisions.SEEN, {}).get(of)
    if not of and met and met.row.state != "pending":
        seen = met.seen
    elif not of:
        last = decisions.last_decision(run, author)
        if last is None:
            return
        id, seen = last.response_id, newest_event(run, last.response_id)
    decide(run, Decision(id, "undo", seen), author, id)


def _known(item: LabelItem) -> list[Skill]:
    return [skill for skill in item["skills"] if skill in item["vocabulary"]]


def buttons(
    run: Run, item: LabelItem, author: str | None, before: str | None, after: str | None,
    following: str | None,
) -> None:  # fmt: skip
    """The row of buttons with their keys; without a reviewer only those that move."""
    if author and is_edited(item["label"].response_id):
        _editor(run, item, author, following)
        return
    id, seen = item["label"].response_id, item["newest"]
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
            on_click=decisions.open_editor, args=(id, seen, _known(item)),
        )  # fmt: skip
        is_noted = st.button("Note", key=f"labels_note_{id}", shortcut="n", disabled=not author)
        undo(run, author, item["decision"], seen)
        st.button("Previous", key=f"labels_previous_{id}", shortcut="k", disabled=not before,
                  on_click=go_to, args=(before,))  # fmt: skip
        st.button("Next", key=f"labels_next_{id}", shortcut="j", disabled=not after,
                  on_click=go_to, args=(after,))  # fmt: skip
    if author and (is_noted or state().get(decisions.NOTING) == id):
        state().pop(decisions.NOTING, None)
        _note(run, id, author)


def undo(run: Run, author: str | None, decision: LabelEvent | None, seen: str | None) -> None:
    """Take back the decision on the label shown, else the reviewer's own last one, and show that label."""
    what = "Take back the decision on this label"
    if decision is None:
        decision = decisions.last_decision(run, author) if author else None
        what = "Take back my last decision, and show it"
        seen = newest_event(run, decision.response_id) if decision else None
    id = decision.response_id if decision else ""
    st.button(
        "Undo", key=f"labels_undo_{id}", shortcut="u", help=what, disabled=not (author and decision),
        on_click=decide, args=(run, Decision(id, "undo", seen), author, id),
    )  # fmt: skip


def _editor(run: Run, item: LabelItem, author: str, following: str | None) -> None:
    label, chosen = item["label"], state().get(CHOSEN, [])
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
                on_change=decisions.choose_others, args=(key, label.subject),
            )  # fmt: skip
        saving = (run, label.response_id, label.subject, author, following)
        with st.container(horizontal=True):
            st.button("Save", key=f"labels_save_{label.response_id}", shortcut="s", type="primary",
                      on_click=decisions.save_edit, args=saving)  # fmt: skip
            st.button("Cancel", key=f"labels_cancel_{label.response_id}", shortcut="Esc",
                      on_click=leave_editor)  # fmt: skip


def _skill_button(response_id: str, skill: Skill, is_chosen: bool, at: int) -> None:
    name = as_markdown(plain(skill[1]))
    st.button(
        f"✓ {name}" if is_chosen else name, key=f"labels_skill_{response_id}_{at}",
        type="primary" if is_chosen else "secondary",
        shortcut=SKILL_KEYS[at] if at < len(SKILL_KEYS) else None,
        on_click=decisions.toggle, args=(skill,),
    )  # fmt: skip


@st.dialog("Add a note")
def _note(run: Run, response_id: str, author: str) -> None:
    with st.form("labels_note_form", border=False):
        text = st.text_area("A note on this label", key=f"labels_note_text_{response_id}")
        is_given = st.form_submit_button("Save the note", type="primary")
    st.caption("Ctrl+Enter saves it, Esc closes.")
    if is_given:
        try:
            decisions.note(run, response_id, text, author)
        except StatError as error:
            st.error(as_markdown(str(error)))
            return
        st.rerun()
