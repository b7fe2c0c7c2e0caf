"""What the form asks of the engine: changes that a verb makes, and answers that must not be old ones."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from stat_engine import jobs, views
from stat_engine.errors import StatError
from stat_engine.ui import data, work
from stat_engine.ui.text import as_markdown

SAID = "stages_said"


def tell(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Have a verb done now; its refusal stands on the page and None comes back."""
    try:
        with st.spinner("Asking the engine"):
            return jobs.answer(data.workspace().root, arguments)
    except StatError as error:
        st.error(as_markdown(work.sentence(error)))
        return None


def done(sentence: str) -> None:
    """Draw the page anew with a sentence on what was done; nothing known before is shown again."""
    st.session_state[SAID] = sentence
    st.cache_data.clear()
    st.rerun()


def what_was_done() -> None:
    """The sentence of the last action, once."""
    if said := st.session_state.pop(SAID, None):
        st.success(as_markdown(said))


def go_to(run: str) -> None:
    """Choose a run for what is drawn next."""
    st.session_state["run"] = run
    st.query_params["run"] = run


@st.cache_data(ttl=10, max_entries=1, show_spinner=False)
def machine() -> dict[str, Any]:
    """This machine's cores, memory and GPUs."""
    return views.backends.machine()


@st.cache_data(ttl=30, max_entries=4, show_spinner=False)
def addresses(root: str) -> list[str]:
    """Addresses of the servers that the workspace's settings and its runs name."""
    found = views.servers.servers(data.workspace())
    return list(dict.fromkeys(row["base_url"] for row in found if row["base_url"]))


@st.cache_data(ttl=30, max_entries=4, show_spinner=False)
def splits(root: str) -> dict[str, dict[str, int]]:
    """Questions of each dataset by split."""
    return views.backends.datasets(data.workspace())
