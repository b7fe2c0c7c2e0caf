"""Servers by name, whether they answer, and whether the keys they need are set."""

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.config import ServerConfig
from stat_engine.errors import StatError
from stat_engine.orders import ModelsOrder
from stat_engine.ui.settings import parts
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.words import show_error
from stat_engine.views.servers import Key, Server
from stat_engine.views.text import as_markdown

FIELDS = ("settings_server_name", "settings_server_url", "settings_server_key")
KEY_COLUMNS = {"variable": "Variable", "state": "State", "used_by": "Wanted by"}
NO_ADDRESS = "OPENAI_BASE_URL, else OpenAI's own address"
MANY = 6
"""Uses that are named one by one."""


def show() -> None:
    """Servers of the settings and of runs, the form for another, and the keys."""
    try:
        rows = data.workspace_view(views.servers.servers)
        keys = data.workspace_view(views.servers.keys)
    except StatError as error:
        show_error(error)
        return
    st.markdown(
        "A server is an OpenAI-compatible endpoint for a student, teacher, reward model or embeddings. A new "
        "run takes one by its name: `stat-studio new RUN teacher.server=NAME`."
    )
    for at, row in enumerate(rows):
        _server(row, at)
    if not rows:
        st.caption("No server is named here or by a run: everything runs on this machine.")
    _form()
    _keys(keys)


def _server(row: Server, at: int) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{as_markdown(row['name'] or 'Named by runs only')}**", width="content")
            st.text(row["base_url"] or NO_ADDRESS, width="content")
            _key_badge(row)
        if row["used_by"]:
            more = f" and {len(row['used_by']) - MANY:,} more" if len(row["used_by"]) > MANY else ""
            st.caption(as_markdown(f"Used by {', '.join(row['used_by'][:MANY])}{more}"))
        name = row["name"]
        values = dict(zip(FIELDS, (name or "", row["base_url"] or "", row["api_key_env"]), strict=True))
        with st.container(horizontal=True):
            is_asked = st.button("Check health", key=f"settings_check_{at}")
            if name:
                parts.change_or_remove("servers", name, at, values)
            else:
                st.button("Give it a name", key=f"settings_name_{at}", on_click=parts.fill, kwargs=values)
        if is_asked:
            _health(row)


def _key_badge(row: Server) -> None:
    state, colour = ("set", "green") if row["is_key_set"] else ("not set", "gray")
    st.markdown(f":{colour}-badge[{as_markdown(row['api_key_env'])} {state}]", width="content")


def _health(row: Server) -> None:
    found = work.answer(ModelsOrder(url=row["base_url"] or None, key_env=row["api_key_env"]))
    for server in found["servers"] if found else ():
        said = as_markdown(str(server["sentence"]))
        st.success(said) if server["is_up"] else st.error(said)


def _form() -> None:
    name, url, key = FIELDS
    st.session_state.setdefault(key, ServerConfig().api_key_env)
    with st.form("settings_server", border=True):
        st.markdown("**Add a server, or change one under its name**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Name", key=name, placeholder="lab", width=160)
            st.text_input("Address", key=url, placeholder="http://127.0.0.1:8000/v1", width=340)
            st.text_input(
                "Variable that holds its key", key=key, width=220,
                help="The name of an environment variable or Streamlit secret, never the key itself",
            )  # fmt: skip
            st.form_submit_button("Save server", on_click=_save, key="settings_save_server")


def _save() -> None:
    name, url, key = (parts.typed(field) for field in FIELDS)
    parts.save_entry("servers", name, {"base_url": url or None, "api_key_env": key}, FIELDS)


def _keys(keys: list[Key]) -> None:
    st.subheader("Keys")
    st.markdown(
        "Keys stand in the environment of the app and its jobs, or in Streamlit's `secrets.toml`; here is "
        "only said whether they are there. `export NAME=...` before `stat-studio app` sets one."
    )
    rows = [
        {
            "variable": key["variable"],
            "state": "set" if key["is_set"] else "not set",
            "used_by": ", ".join(key["used_by"][:MANY]),
        }
        for key in keys
    ]
    st.dataframe(
        pd.DataFrame(rows, columns=list(KEY_COLUMNS)), hide_index=True, column_config=KEY_COLUMNS,
        key="settings_keys",
    )  # fmt: skip
