"""The keys of label review: one button for each key, the editor of skills, and the note."""

import streamlit as st

from stat_engine.errors import StatError
from stat_engine.records import LabelEvent
from stat_engine.review import Decision
from stat_engine.skills import Skill
from stat_engine.ui.skill_labels import decisions
from stat_engine.views.labels import LabelItem, newest_event
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown, plain

SKILL_KEYS = [*"1234567890"]
"""Keys of the subject's first skills in the editor; the others are clicked."""


def keys(
    run: Run, item: LabelItem, author: str | None, before: str | None, after: str | None,
    following: str | None,
) -> None:  # fmt: skip
    """The row of buttons with their keys; without a reviewer only those that move."""
    if author and decisions.is_edited(item["label"].response_id):
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
                on_click=decisions.decide, args=(run, decision, author, following),
            )  # fmt: skip
        st.button(
            "Edit", key=f"labels_edit_{id}", shortcut="e", disabled=not author,
            on_click=decisions.open_editor, args=(id, seen, known),
        )  # fmt: skip
        if st.button("Note", key=f"labels_note_{id}", shortcut="n", disabled=not author) and author:
            _note(run, id, author)
        undo(run, author, item["decision"], seen)
        st.button("Previous", key=f"labels_previous_{id}", shortcut="k", disabled=not before,
                  on_click=decisions.go_to, args=(before,))  # fmt: skip
        st.button("Next", key=f"labels_next_{id}", shortcut="j", disabled=not after,
                  on_click=decisions.go_to, args=(after,))  # fmt: skip


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
        on_click=decisions.decide, args=(run, Decision(id, "undo", seen), author, id),
    )  # fmt: skip


def _editor(run: Run, item: LabelItem, author: str, following: str | None) -> None:
    label, chosen = item["label"], st.session_state.get(decisions.CHOSEN, [])
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
                      on_click=decisions.leave_editor)  # fmt: skip


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
