"""The frame of all pages: the run picker, empty states, and choices kept in the address."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NoReturn, TypeVar

import pandas as pd
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from stat_engine import jobs, views
from stat_engine.errors import StatError
from stat_engine.method.stage import STORED, stage, stage_range
from stat_engine.orders import DemoOrder, RunOrder
from stat_engine.ui.shared import data, work
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown

T = TypeVar("T")
Word = TypeVar("Word", bound=str)
ONWARD = ":material/arrow_forward:"
"""The mark of a link to another page."""


def choose_run() -> None:
    """The run picker in the sidebar; the choice stands in the address and survives page changes."""
    names = data.workspace().run_names()
    with st.sidebar:
        st.caption(f"Workspace `{data.workspace().root.name}`")
        if not names:
            st.session_state.pop("run", None)
            return
        key, before = f"frame_run_{len(names)}", st.session_state.get("run")
        wanted = st.query_params.get("run") or before
        if wanted != before or st.session_state.get(key) not in names:  # a link or a table chose it
            st.session_state[key] = wanted if wanted in names else names[0]
        st.session_state["run"] = st.selectbox("Run", names, key=key)
    remember("run", st.session_state["run"])


def chosen_run() -> Run:
    """The run chosen in the sidebar; without any, the page ends in what to do next."""
    _leave_page_discovery()
    name = st.session_state.get("run")
    if name is None:
        no_runs()
    run = data.workspace().run_folder(str(name))
    try:
        run.config  # noqa: B018 (read once, so that a page says in one sentence what is wrong with it)
    except StatError as error:
        st.error(as_markdown(work.sentence(error)))
        st.stop()
    return run


def on_workspace() -> None:
    """For a page that needs no run."""
    _leave_page_discovery()


def no_runs() -> NoReturn:
    """Say what to do on a workspace without runs, with its button, and end the page."""
    job = jobs.find(data.workspace().root, "demo")
    if job and job["is_running"]:
        st.info("The demo has started. Its first results appear here within a minute.")
        st.code(job["log"] or "starting", language=None)
        _again()
    if job:
        st.warning("The demo stopped before it made a run. Its last words:")
        st.code(job["log"], language=None)
    else:
        st.info("There is no run here yet. The demo shows the whole loop on small embedded models.")
    if st.button("Start the demo (a few minutes, free, on this machine)", type="primary"):
        jobs.submit(data.workspace().root, DemoOrder(), name="demo")
        st.rerun()
    st.caption("Or make a run of your own: `stat-studio new RUN --dataset NAME`")
    st.stop()


def missing(error: StatError, run: Run, until: str | None = None) -> NoReturn:
    """Say what is not there yet, offer the work up to stage `until` that brings it, and end the page."""
    st.info(as_markdown(work.sentence(error)))
    if run.is_working() or any(job["is_running"] for job in data.jobs_of(run)):
        st.caption("A process is working on this run; this page follows it.")
        work.at_work(run.name, key="missing")
        _again()
    elif until:
        work.at_work(run.name, key="missing")
        bring_up_to_date(run, until)
    st.stop()


def need(view: Callable[[Run], T], run: Run, until: str | None = None) -> T:
    """A view that the page cannot do without; where it is not there yet, the page ends in what brings it."""
    try:
        return data.view(view, run)
    except StatError as error:
        missing(error, run, until)


def bring_up_to_date(run: Run, until: str, key: str = "frame_update", is_primary: bool = True) -> None:
    """Offer the run's stages up to and with `until`, with what they cost."""
    order = RunOrder(run=run.name, until=until)
    can_cost = work.may_cost(run.config)
    costs = "Calls and cost are shown first." if can_cost else "Free: it runs here and calls no server."
    says = f"{_still_happens(run, until)} {costs}"
    kind: Literal["primary", "secondary"] = "primary" if is_primary else "secondary"
    work.offer(stage(until).action, order, says, key, can_cost, kind)
    st.caption(f"By command line: `stat-studio {' '.join(order.words())}`")


def _still_happens(run: Run, until: str) -> str:
    """What is not done yet of the stages up to and with `until`, as a sentence."""
    state = {stage["stage"]: stage["state"] for stage in views.status.status(run)["stages"]}
    up_to = [one for one in stage_range(None, until) if one in STORED]
    to_do = [one for one in up_to if state[one.name] != "done"] or up_to[-1:]
    said = ", then ".join(one.happens for one in to_do)
    return f"{said[:1].upper()}{said[1:]}{'; what is done already stays' if len(to_do) < len(up_to) else ''}."


def choice(key: str, label: str, options: Sequence[Word]) -> Word:
    """A select box whose value stands in the address under `key`."""
    wanted = st.query_params.get(key)
    at = next((at for at, option in enumerate(options) if option == wanted), 0)
    chosen = st.selectbox(label, options, at, key=f"choice_{key}")
    remember(key, chosen if chosen != options[0] else None)
    return chosen


def remember(key: str, value: str | None) -> None:
    """Put a value into the address, or take it out; one that stands there is left.

    To write it again would send the whole address as this run of the script began with it, over what a
    slider put there in the meantime."""
    if st.query_params.get(key) == value:
        return
    if value is not None:
        st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]


def pick_rows(shown: pd.DataFrame, ids: Sequence[str], name: str, key: str, **looks: Any) -> None:
    """A table of which one row may be chosen: its id stands in the address under `name`, and is marked.

    `ids`: one a row of `shown`; `looks`: what else `st.dataframe` takes."""
    wanted, of = st.query_params.get(name), list(ids)
    marked = [of.index(wanted)] if wanted in of else []
    if key not in st.session_state or list(st.session_state[key]["selection"]["rows"]) != marked:
        st.session_state[key] = {"selection": {"rows": marked}}  # it may have been opened by other means
    st.dataframe(
        shown, hide_index=True, key=key, selection_mode="single-row",
        on_select=lambda: _picked(name, of, st.session_state[key].selection.rows), **looks,
    )  # fmt: skip


def _picked(name: str, ids: Sequence[str], rows: Sequence[int]) -> None:
    remember(name, str(ids[rows[0]]) if rows else None)


def _leave_page_discovery() -> None:
    """Run the page again inside app.py where Streamlit ran it by itself.

    A server takes a folder named pages/ for its own kind until st.navigation was called once, so the
    first visitor with a link to a page would get it without the frame."""
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


@st.fragment(run_every=2)
def _again() -> None:
    if st.session_state.get("frame_waits"):
        st.session_state["frame_waits"] = False
        st.rerun()
    st.session_state["frame_waits"] = True
