"""State that changes as a whole: Streamlit may stop a script at any use of its session state, a dict not.

A script that is stopped between a decision and the note of it would make the decision again."""

from contextvars import ContextVar
from typing import Any

import streamlit as st

_STATE: ContextVar[dict[str, Any] | None] = ContextVar("whole_state", default=None)
"""Of the session whose script runs in this thread."""


def state() -> dict[str, Any]:
    """The session's plain dict; only the first call in a thread uses Streamlit's session state."""
    found = _STATE.get()
    if found is None:
        found = st.session_state.setdefault("whole_state", {})
        _STATE.set(found)
    return found
