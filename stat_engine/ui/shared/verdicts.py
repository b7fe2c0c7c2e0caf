"""Verdicts as the pages show them: the reason beside the answer, and overruling one as a person."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from stat_engine import review, views
from stat_engine.errors import StatError
from stat_engine.review import Overruling, Place
from stat_engine.ui.shared import data, reviewer
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown

NOTE, CHOSEN, REFUSED, SAID = (f"verdict_{name}" for name in ("note", "chosen", "refused", "said"))

VALIDATION = Place()


@dataclass(frozen=True)
class Graded:
    """A response on show, with the current verdict."""

    question_id: str
    response_id: str
    sample: int
    is_correct: bool | None
    """Null: not known."""
    label: str
    """What the list of responses calls it."""
    model: str | None = None
    """Null: the place has one student."""
    place: Place = VALIDATION


def reason(run: Run, text: str, reference: str | None, is_correct: bool | None) -> None:
    """What the grader reads in the response and why; nothing for graders that ask or run something else.

    `is_correct`: the verdict on show, which may be an imported one or a person's."""
    found = data.view(views.verdicts.why, run, text, reference)
    if found is None:
        return
    said = views.verdicts.why_in_words(found)
    differs = None not in (is_correct, found["is_correct"]) and is_correct is not found["is_correct"]
    more = " The verdict shown differs: it was imported or overruled." if differs else ""
    st.caption(as_markdown(said + more))


def overrule(run: Run, responses: Sequence[Graded]) -> None:
    """Who decided on the verdict, and the buttons that overrule it; of several responses one is chosen."""
    for key, show in ((REFUSED, st.error), (SAID, st.toast)):
        if said := st.session_state.pop(key, None):
            show(as_markdown(str(said)))
    with st.popover("Overrule the verdict"):
        of = responses[0]
        if len(responses) > 1:
            of = st.selectbox("Response", responses, format_func=lambda one: one.label, key=CHOSEN)
        standing = data.view(views.verdicts.standing, run, of.response_id)
        if standing["verdict"]:
            st.markdown(f"Current verdict: **{as_markdown(review.event_words(standing['verdict']))}**")
            if standing["verdict"].note:
                st.caption(as_markdown(standing["verdict"].note))
        author = reviewer.reviewer()
        if author is None:
            return
        st.text_input("Note", key=NOTE, max_chars=1_000)
        shown = (run, of, author, standing["newest"])
        with st.container(horizontal=True):
            for action, label, off in (
                ("correct", "Mark as correct", of.is_correct is True),
                ("incorrect", "Mark as incorrect", of.is_correct is False),
                ("undo", "Undo", standing["verdict"] is None),
            ):
                st.button(label, key=f"verdict_{action}", disabled=off,
                          on_click=_write, args=(*shown, action))  # fmt: skip
        st.caption("Figures that count correct answers use your verdict. The stored one is kept.")


def _write(run: Run, of: Graded, author: str, seen: str | None, action: review.VerdictAction) -> None:
    """Write the verdict by somebody who saw what the page showed; a refusal is kept for the page."""
    try:
        response = views.verdicts.find(run, of.question_id, of.sample, of.place, of.model)
        note = str(st.session_state.get(NOTE) or "").strip() or None
        event = review.overrule(run, Overruling(response, of.place, action, seen, note), author)
    except StatError as error:
        st.session_state[REFUSED] = str(error)
    else:
        st.session_state[NOTE] = ""
        st.session_state[SAID] = review.event_words(event)
