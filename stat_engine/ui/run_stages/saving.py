"""Edited settings of a run: what becomes stale is said first, then they are saved, or a copy takes them."""

from typing import Any

import streamlit as st

from stat_engine import views
from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data, work
from stat_engine.ui.run_stages import asking, resolved, words
from stat_engine.ui.run_stages.draft import Draft
from stat_engine.ui.text import as_markdown

ALL_ANEW = "nothing: these settings decide all of it anew"


def unsaved(run: RunFolder, draft: Draft) -> None:
    """What was edited, what it means, and the ways on; nothing where nothing was edited."""
    if not draft.edits:
        return
    with st.container(border=True):
        st.markdown("**Not saved**")
        try:
            config = draft.config()
        except StatError as error:
            st.error(as_markdown(work.sentence(error)))
            _forget(draft)
            return
        found = views.settings.changes(run, config)
        resolved.changes(found["changed"])
        _meaning(found)
        _ways_on(run, draft, found)
        _copy(run, draft, config)


def _meaning(found: dict[str, Any]) -> None:
    if found["stale"]:
        st.markdown(f"Becomes stale: **{words.stages(found['stale'], 'nothing')}**.")
    else:
        st.markdown("Nothing that is there becomes stale.")
    if found["n_decisions"]:
        st.warning(
            f"{found['n_decisions']:,} label decisions of people hang on these settings, so they are not "
            "changed here. Make a copy with these settings; this run stays as it is."
        )
    elif found["needs_copy"]:
        st.warning(
            "Training sets and fine-tuned students that are there are never overwritten: this run would stop "
            "before them. Make a copy with these settings to go through to the end."
        )


def _ways_on(run: RunFolder, draft: Draft, found: dict[str, Any]) -> None:
    settings, is_working = draft.settings(), run.is_working()
    with st.container(horizontal=True):
        is_barred = bool(found["n_decisions"]) or is_working
        kind: Any = "secondary" if is_barred or found["needs_copy"] else "primary"
        if st.button("Save to this run", key="stages_save", type=kind, disabled=is_barred):
            _save(run, draft)
        wants_cost = st.button("Calls and cost with these settings", key="stages_cost")
        _forget(draft)
    if is_working:
        st.caption("A process works on this run under the settings in force; save when it has ended.")
    if wants_cost:
        work.calls_and_cost(["run", run.name, *settings, "--dry-run"])
    if not found["n_decisions"]:
        resolved.command(["set", run.name, *settings])


def _save(run: RunFolder, draft: Draft) -> None:
    if asking.tell(["set", run.name, *draft.settings()]):
        draft.forget()
        asking.done(f"Saved to {run.name}.")


def _copy(run: RunFolder, draft: Draft, config: RunConfig) -> None:
    kept = words.stages(views.settings.kept(run, config), ALL_ANEW)
    st.markdown(f"Or in a copy, which keeps: {kept}.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name of the copy", _free_name(run.name), key="stages_copy_name", width=260)
        if st.button("Make a copy with these settings", key="stages_copy"):
            copy(run.name, str(name), draft)


def copy(run: str, name: str, draft: Draft) -> None:
    """Fork the run under the draft's settings and go there."""
    if made := asking.tell(["fork", run, name, *draft.settings()]):
        draft.forget()
        asking.go_to(made["run"])
        asking.done(f"{made['run']} is a copy of {run} with these settings. Nothing of it has started yet.")


def _forget(draft: Draft) -> None:
    st.button("Drop these edits", key="stages_drop", on_click=draft.forget)


def _free_name(run: str) -> str:
    taken, at = data.workspace().run_names(), 2
    while f"{run[:58]}-{at}" in taken:
        at += 1
    return f"{run[:58]}-{at}"
