"""The names that are offered to whoever reviews labels."""

import streamlit as st

from stat_engine.store.settings import WorkspaceSettings
from stat_engine.ui.settings_page import saving

NAMES = "settings_reviewers"


def show(settings: WorkspaceSettings) -> None:
    """The names, one a line."""
    st.markdown(
        "Every decision on a label bears its author's name. These names are offered on the Skill labels "
        "page, where another may be typed; whoever is logged in reviews under the name of the login."
    )
    st.session_state.setdefault(NAMES, "\n".join(settings.reviewers))
    with st.form("settings_people", border=True):
        st.text_area("Reviewers, one a line", key=NAMES, height=160)
        st.form_submit_button("Save reviewers", on_click=_save, key="settings_save_reviewers")


def _save() -> None:
    names = [line.strip() for line in saving.typed(NAMES).splitlines() if line.strip()]
    saving.save_values("The reviewers are", [NAMES], reviewers=names)
