"""The frame of all pages: the run picker, the list of keys, and what an empty page shows."""

from collections.abc import Callable
from typing import Literal, NoReturn, TypeVar

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from stat_engine import jobs, views
from stat_engine.errors import StatError
from stat_engine.method.stage import STORED, stage, stage_range
from stat_engine.orders import DemoOrder, RunOrder
from stat_engine.ui.shared import data, key_list, search, work
from stat_engine.ui.shared.address import remember
from stat_engine.ui.shared.words import sentence, show_error
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown

T = TypeVar("T")
PAGE, VISIT = "frame_page", "frame_visit"


def choose_run() -> None:
    """The run picker in the sidebar; the choice stands in the address and survives page changes."""
    names = data.workspace().run_names()
    with st.sidebar:
        st.caption(f"Workspace `{data.workspace().root.name}`")
        key_list.show()
        if not names:
            st.session_state.pop("run", None)
            return
        key, before = f"frame_run_{len(names)}", st.session_state.get("run")
        wanted = st.query_params.get("run") or before
        if wanted != before or st.session_state.get(key) not in names:  # a link or a table chose it
            st.session_state[key] = wanted if wanted in names else names[0]
        st.session_state["run"] = st.selectbox("Run", names, key=key)
    remember("run", st.session_state["run"])
    with st.sidebar:
        search.box(st.session_state["run"])


def notice() -> None:
    """Say on every page what keeps the workspace's settings from being read."""
    if fault := views.servers.settings_fault(data.workspace()):
        st.error(as_markdown(sentence(fault)))


def enter(page: str) -> None:
    """Note which page is open, to tell a visit of it from the one before."""
    if st.session_state.get(PAGE) != page:
        st.session_state[PAGE] = page
        st.session_state[VISIT] = visit() + 1


def visit() -> int:
    """Number of the visit of the open page, in this session."""
    return int(st.session_state.get(VISIT, 0))


def chosen_run(otherwise: Callable[[], None] = lambda: None) -> Run:
    """The run chosen in the sidebar; without any, the page ends in what to do next.

    Of a run that cannot be read the page says why, shows what `otherwise` does, and ends."""
    _leave_page_discovery()
    name = st.session_state.get("run")
    if name is None:
        no_runs()
    run = data.workspace().run_folder(str(name))
    try:
        run.config  # noqa: B018 (read once, so that a page says in one sentence what is wrong with it)
    except StatError as error:
        show_error(error)
        st.caption(
            f"Correct a bad setting with `stat-studio set {run.name} KEY=VALUE`, restore a damaged file "
            "from a copy, or choose another run in the sidebar."
        )
        otherwise()
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
        st.warning("The demo stopped before it made a run. The end of its log:")
        st.code(job["log"], language=None)
    else:
        st.info("There is no run here yet. The demo shows the whole loop on small embedded models.")
    if st.button("Start the demo (a few minutes, free, on this machine)", type="primary"):
        jobs.submit(data.workspace().root, DemoOrder(), name="demo")
        st.rerun()
    st.caption("Or make a run of your own: `stat-studio new RUN --dataset NAME`")
    st.stop()


def missing(
    error: StatError, run: Run, until: str | None = None, otherwise: Callable[[], None] = lambda: None
) -> NoReturn:
    """Say what is not there yet, offer the work up to stage `until` that brings it, and end the page.

    `otherwise`: shows what can be shown without it."""
    st.info(as_markdown(sentence(error)))
    if run.is_working() or any(job["is_running"] for job in data.jobs_of(run)):
        st.caption("A process is working on this run; this page follows it.")
        work.at_work(run.name, key="missing")
        _again()
    elif until:
        work.at_work(run.name, key="missing")
        bring_up_to_date(run, until)
    otherwise()
    st.stop()


def need(
    view: Callable[[Run], T], run: Run, until: str | None = None, otherwise: Callable[[], None] = lambda: None
) -> T:
    """A view that the page cannot do without; where it is not there yet, the page ends as in `missing`."""
    try:
        return data.view(view, run)
    except StatError as error:
        missing(error, run, until, otherwise)


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
    said = sentence(", then ".join(one.happens for one in to_do))
    return f"{said}{'; what is done already stays' if len(to_do) < len(up_to) else ''}."


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
