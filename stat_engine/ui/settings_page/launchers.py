"""Launchers: command templates that start a job on another machine or device."""

import streamlit as st

from stat_engine.store.settings import WorkspaceSettings
from stat_engine.ui.settings_page import saving
from stat_engine.ui.text import as_markdown

FIELDS = ("settings_launcher_name", "settings_launcher_template")


def show(settings: WorkspaceSettings) -> None:
    """The launchers one by one, and the form for another."""
    st.markdown(
        "A launcher is a command in which `{command}` stands for the job, once: "
        "`srun --gres=gpu:1 {command}`, `ssh gpu-box {command}`. Whoever starts a job chooses one under "
        "*Where*. The other machine must see this workspace and this Python environment under the same paths."
    )
    for at, (name, template) in enumerate(settings.launchers.items()):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{as_markdown(name)}**", width="content")
            st.markdown(as_markdown(template))
            values = dict(zip(FIELDS, (name, template), strict=True))
            saving.change_or_remove("launchers", name, at, values)
    if not settings.launchers:
        st.caption("No launcher yet: every job works on this machine.")
    with st.form("settings_launcher", border=True):
        st.markdown("**Add a launcher, or change one under its name**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Name", key=FIELDS[0], placeholder="gpu", width=160)
            st.text_input("Command", key=FIELDS[1], placeholder="srun --gres=gpu:1 {command}", width=420)
            st.form_submit_button("Save launcher", on_click=_save, key="settings_save_launcher")


def _save() -> None:
    saving.save_launcher(saving.typed(FIELDS[0]), saving.typed(FIELDS[1]), FIELDS)
