"""Save edited settings, in the run or in a copy, after showing what becomes stale.

The configuration is also shown as YAML and as the command that makes it."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import config as configuration
from stat_engine import views
from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.orders import ForkOrder, RunOrder, SetOrder
from stat_engine.ui.run_stages.form import Draft
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.words import show_error, titles
from stat_engine.views.places import Run
from stat_engine.views.status import Changes
from stat_engine.views.text import as_markdown, one_line

SAID = "stages_said"
ALL_ANEW = "nothing: these settings change every stage"


def done(sentence: str) -> None:
    """Draw the page again with a sentence on what was done; nothing known before is shown again."""
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


def yaml(config: RunConfig, key: str) -> None:
    """The resolved configuration; only what differs from the defaults unless all is asked for."""
    full = st.toggle("With the settings that are as in the defaults", key=f"stages_full_{key}")
    text = configuration.as_yaml(config, full)
    st.code(text, language=None)


def command(arguments: Sequence[str]) -> None:
    """The same by command line."""
    st.caption("The same by command line:")
    work.command(arguments)


def changes(changed: dict[str, list[Any]]) -> None:
    """A table of the settings that would change."""
    rows = [
        {"Setting": key, "Current": _cell(now), "New": _cell(then)} for key, (now, then) in changed.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, placeholder="–")


def _cell(value: Any) -> str:
    return "not set" if value is None else one_line(str(value))


def heading(run: Run) -> None:
    """The title over the run's own settings."""
    st.header(f"Models and data of {as_markdown(run.name)}")


def unsaved(run: Run, draft: Draft) -> None:
    """What was edited, what it means, and the ways on; nothing where nothing was edited."""
    if not draft.edits:
        return
    with st.container(border=True):
        st.markdown("**Not saved**")
        try:
            config = draft.config()
        except StatError as error:
            show_error(error)
            _forget(draft)
            return
        found = views.status.changes(run, config)
        changes(found["changed"])
        _meaning(found)
        _ways_on(run, draft, found)
        _copy(run, draft, config)


def _meaning(found: Changes) -> None:
    if found["stale"]:
        st.markdown(f"Becomes stale: **{titles(found['stale'], 'nothing')}**.")
    else:
        st.markdown("Nothing that is there becomes stale.")
    if found["n_decisions"]:
        st.warning(
            f"{found['n_decisions']:,} label decisions depend on these settings, so they are not "
            "changed here. Make a copy with these settings; this run stays as it is."
        )
    elif found["needs_copy"]:
        st.warning(
            "Training sets and fine-tuned students that are there are never overwritten: this run would stop "
            "before them. Make a copy with these settings to go through to the end."
        )


def _ways_on(run: Run, draft: Draft, found: Changes) -> None:
    settings, is_working = draft.settings(), run.is_working()
    with st.container(horizontal=True):
        is_barred = bool(found["n_decisions"]) or is_working
        kind: Any = "secondary" if is_barred or found["needs_copy"] else "primary"
        if st.button("Save to this run", key="stages_save", type=kind, disabled=is_barred):
            _save(run, draft)
        wants_cost = st.button("Calls and cost with these settings", key="stages_cost")
        _forget(draft)
    if is_working:
        st.caption("A process works on this run under the current settings; save when it has ended.")
    if wants_cost:
        work.calls_and_cost(RunOrder(run=run.name, settings=tuple(settings)))
    if not found["n_decisions"]:
        command(SetOrder(run=run.name, settings=tuple(settings)).words())


def _save(run: Run, draft: Draft) -> None:
    if work.tell(SetOrder(run=run.name, settings=tuple(draft.settings()))):
        draft.forget()
        done(f"Saved to {run.name}.")


def _copy(run: Run, draft: Draft, config: RunConfig) -> None:
    kept = titles(views.status.kept(run, config), ALL_ANEW)
    st.markdown(f"Or in a copy, which keeps: {kept}.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name of the copy", _free_name(run.name), key="stages_copy_name", width=260)
        is_taken = name in data.workspace().run_names()
        if st.button("Make a copy with these settings", key="stages_copy", disabled=is_taken):
            copy(run.name, str(name), draft)
    work.is_taken(str(name))


def copy(run: str, name: str, draft: Draft) -> None:
    """Fork the run under the draft's settings and go there."""
    if made := work.tell(ForkOrder(run=run, copy_name=name, settings=tuple(draft.settings()))):
        draft.forget()
        go_to(made["run"])
        done(f"{made['run']} is a copy of {run} with these settings. Nothing of it has started yet.")


def _forget(draft: Draft) -> None:
    st.button("Drop these edits", key="stages_drop", on_click=draft.forget)


def _free_name(run: str) -> str:
    taken, at = data.workspace().run_names(), 2
    while f"{run[:58]}-{at}" in taken:
        at += 1
    return f"{run[:58]}-{at}"
