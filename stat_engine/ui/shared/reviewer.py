"""Who reviews: the person logged in, the one the environment names, or the name this browser was given."""

import os
from urllib.parse import unquote

import streamlit as st

from stat_engine import review, views
from stat_engine.errors import StatError
from stat_engine.ui.shared import data
from stat_engine.ui.shared.presses import SCRIPTS
from stat_engine.views.text import as_markdown

NAME, GIVEN, REFUSED = "labels_reviewer", "labels_given_name", "labels_no_name"
COOKIE = "stat_studio_reviewer"


def reviewer() -> str | None:
    """Whose decisions they are: who is logged in, $STAT_REVIEWER, or the name given in this browser.

    It is asked for once: the browser keeps it as a cookie, and shows it to nobody else."""
    if name := _known() or _given():
        if not _known():
            _cookie(key="reviewer_cookie", data={"name": COOKIE, "value": name})
        return name
    _cookie(key="reviewer_cookie", data={"name": COOKIE, "value": ""})
    if refused := st.session_state.pop(REFUSED, None):
        st.error(as_markdown(refused))
    with st.form("labels_name", border=True):
        st.markdown("**Who reviews?** Every decision is kept with its author's name.")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if names := views.servers.settings(data.workspace()).reviewers:
                st.selectbox("Your name", names, None, key=GIVEN, accept_new_options=True)
            else:
                st.text_input("Your name", key=GIVEN)
            st.form_submit_button("Review under this name", type="primary", on_click=_give)
    return None


def is_given() -> bool:
    """Whether the name was given in this browser, so that it can be changed here."""
    return not _known()


def forget() -> None:
    """Ask for the name again, and have the browser forget it."""
    st.session_state[NAME] = ""


def _known() -> str | None:
    name = st.user.get("name") or st.user.get("email") if st.user.get("is_logged_in") else None
    return str(name) if name else os.environ.get("STAT_REVIEWER")


def _given() -> str | None:
    """The name given in this session, else in an earlier one of this browser; the empty one was forgotten."""
    if NAME not in st.session_state:
        try:
            st.session_state[NAME] = _checked(unquote(st.context.cookies.get(COOKIE, "")))
        except StatError:  # none, or not one of ours
            return None
    return str(st.session_state[NAME]) or None


def _checked(name: str) -> str:
    return review.checked_author(name, "label decision")


def _give() -> None:
    """Review under the name typed in."""
    try:
        st.session_state[NAME] = _checked(str(st.session_state[GIVEN] or ""))
    except StatError as error:
        st.session_state[REFUSED] = str(error)


_cookie = st.components.v2.component(
    "stat_studio_cookie", js=(SCRIPTS / "cookie.js").read_text(encoding="utf-8")
)
