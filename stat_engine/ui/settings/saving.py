"""Save a part of the Settings page; an error is shown and the input stays."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from stat_engine import jobs, views
from stat_engine.errors import StatError
from stat_engine.ui.shared import data
from stat_engine.ui.shared.work import sentence
from stat_engine.views.settings import WorkspaceSettings
from stat_engine.views.text import as_markdown

REFUSED, SAVED = "settings_refused", "settings_saved"


def typed(key: str) -> str:
    """What stands in a text field."""
    return str(st.session_state.get(key) or "").strip()


def save_entry(section: str, name: str, value: dict[str, Any], fields: Sequence[str]) -> None:
    """Put an entry among the servers or prices; what the form does not ask for stays as it was."""
    _do(lambda: jobs.save_entry(data.workspace().root, section, name, value), f"{name} is saved", fields)


def save_launcher(name: str, template: str, fields: Sequence[str]) -> None:
    """Put a launcher's template in force."""
    _do(lambda: jobs.set_launcher(data.workspace().root, name, template), f"Launcher {name} is saved", fields)


def save_values(what: str, fields: Sequence[str] = (), **values: Any) -> None:
    """Put the budget or the reviewers in force."""
    _do(lambda: jobs.save_values(data.workspace().root, **values), f"{what} saved", fields)


def remove(section: str, name: str) -> None:
    """Take an entry out; runs that took it over keep what they have."""
    _do(lambda: jobs.remove_entry(data.workspace().root, section, name), f"{name} is taken out", ())


def change_or_remove(section: str, name: str, at: int, values: dict[str, Any]) -> None:
    """The two buttons of an entry: `values` are what its form's fields get to be changed."""
    key = f"{section}_{at}"
    with st.container(horizontal=True, width="content"):
        st.button("Change", key=f"settings_change_{key}", on_click=fill, kwargs=values)
        st.button("Remove", key=f"settings_remove_{key}", on_click=remove, args=(section, name))


def fill(**values: Any) -> None:
    """Put an entry's values into its form, to be changed there."""
    for key, value in values.items():
        st.session_state[key] = value


def message() -> None:
    """What became of the last thing done here, once."""
    if refused := st.session_state.pop(REFUSED, None):
        st.error(as_markdown(refused))
    if saved := st.session_state.pop(SAVED, None):
        st.success(as_markdown(saved))


def settings() -> WorkspaceSettings:
    """The workspace's settings; the page ends where their file is damaged."""
    try:
        return views.settings.settings(data.workspace())
    except StatError as error:
        st.error(as_markdown(sentence(error)))
        st.stop()


def _do(act: Callable[[], Any], said: str, fields: Sequence[str]) -> None:
    try:
        act()
    except StatError as error:
        st.session_state[REFUSED] = sentence(error)
        return
    st.session_state[SAVED] = f"{said}."
    for key in fields:
        st.session_state.pop(key, None)
