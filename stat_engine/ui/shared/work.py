"""Work started from a page: its calls and cost first, then its progress.

A page starts long work as a job and asks for what takes seconds as an answer; both are verbs of the
command line, and the page shows the command."""

import json
import shlex
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import streamlit as st

from stat_engine import jobs
from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.orders import Order, read_order
from stat_engine.ui.shared import data
from stat_engine.ui.shared.draw import counts, numbers
from stat_engine.ui.shared.words import duration, show_error
from stat_engine.views.text import as_markdown

T = TypeVar("T")
HERE = "this machine"
COLOURS: dict[str, Literal["green", "blue", "orange", "red", "gray"]] = {
    "queued": "gray", "running": "blue", "stopping": "orange", "stopped": "orange", "done": "green",
    "failed": "red", "lost": "red", "damaged": "red",
}  # fmt: skip
PLAN_COLUMNS: dict[str, Any] = {
    "purpose": "For", "task": "Task", "teacher": "Asked",
    **counts(n_calls="Calls", n_known="Answered before", input_tokens="Tokens in"),
    **counts(output_tokens="Tokens out"),
    **numbers("%.4f", cost="USD"),
    "basis": "Source",
}  # fmt: skip


def may_cost(config: RunConfig) -> bool:
    """Whether bringing a run up to date may call a server: else it is free, on this machine."""
    teachers = (config.teacher, *config.second_teachers)
    is_asked = any(one.is_prompted() and one.backend != "student" for one in teachers)
    return (
        is_asked
        or config.student.backend == "openai"
        or config.reward_model.backend == "rlhflow-server"
        or config.embeddings.backend == "openai"
    )


def offer(
    label: str,
    order: Order,
    says: str,
    key: str,
    costs: bool = False,
    kind: Literal["primary", "secondary"] = "primary",
    then: Callable[[Sequence[str]], None] | None = None,
) -> None:
    """A button that starts an order as a job, under the sentence that says what it will do.

    `costs`: it may call a server; then the first press shows calls and cost, and the second starts.
    Otherwise the sentence itself must say that the work is free. Once it has started, the button is off and
    the progress stands in its place; `then` draws what comes next, from the arguments of what is done."""
    st.markdown(says)
    if _is_started(key, then):
        st.button(label, key=f"{key}_off", disabled=True)
        return
    launcher = _place(key)
    planned = st.session_state.get(f"{key}_planned") == order
    if not costs or planned:
        if costs:
            calls_and_cost(order)
        if st.button("Start now" if planned else label, key=f"{key}_start", type=kind):
            start(order, launcher, key)
    elif st.button(f"{label} …", key=f"{key}_plan", type=kind, help="Shows calls and cost before it starts"):
        st.session_state[f"{key}_planned"] = order
        st.rerun()


def start(order: Order, launcher: str | None = None, key: str = "work") -> None:
    """Start an order as a job and draw the page again; what it refuses stands on the page.

    `key`: of the `offer` that follows it."""
    try:
        job = jobs.submit(data.workspace().root, order, launcher=launcher)
    except StatError as error:
        show_error(error)
        return
    st.session_state[f"{key}_job"], st.session_state[f"{key}_is_new"] = job.get("id"), True
    st.rerun()


def _is_started(key: str, then: Callable[[Sequence[str]], None] | None) -> bool:
    """Whether what was started here still works; shows its progress, or that it is done and what is next."""
    job = _job(st.session_state.get(f"{key}_job"))
    if job is None:
        return False
    if st.session_state.pop(f"{key}_is_new", False):
        st.toast(f"Started: {as_markdown(' '.join(job['arguments']))}")
    if job["is_running"]:
        _progress(str(job["id"]))
    elif job["state"] == "done":
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":green-badge[done] {as_markdown(' '.join(job['arguments']))}", width="content")
            if then is not None:
                then(job["arguments"])
    return bool(job["is_running"])


@st.fragment(run_every=2)
def _progress(id: str) -> None:
    """How far a job is; the page is drawn again when it ends."""
    job = _job(id)
    if job is None or not job["is_running"]:
        st.rerun()
    share = min(1.0, (job["done"] or 0) / job["total"]) if job["total"] else 0.0
    st.progress(share, as_markdown(" · ".join([job["state"], *_figures(job)])))


def _job(id: str | None) -> dict[str, Any] | None:
    listed = jobs.listed(data.workspace().root) if id else []
    return next((job for job in listed if job["id"] == id), None)


def calls_and_cost(order: Order) -> None:
    """The table of calls that an order will make, with its sum."""
    found = answer(order, is_dry=True)
    if found is not None:
        show_calls(found)


def show_calls(found: dict[str, Any]) -> None:
    """The table of calls of a plan (`calls`, `cost`, `budget`), with its sum."""
    rows = found["calls"]
    if not rows:
        st.markdown("No paid call is needed.")
        return
    st.dataframe(rows, hide_index=True, placeholder="–", column_config=PLAN_COLUMNS)
    n_calls = sum(row["n_calls"] for row in rows)
    cost = "no price is set for every model" if found["cost"] is None else f"about ${found['cost']:,.4f}"
    budget = f"; the run's budget is ${found['budget']:,.2f}" if found.get("budget") is not None else ""
    st.markdown(as_markdown(f"{n_calls:,} calls, {cost}{budget}."))


def answer(order: Order, is_dry: bool = False) -> dict[str, Any] | None:
    """What the engine answers within seconds, kept for a minute; a refusal stands on the page."""
    record = json.dumps(order.record())
    return attempt(lambda: _answered(str(data.workspace().root), record, is_dry))


def tell(order: Order, patience: float | None = None, is_dry: bool = False) -> dict[str, Any] | None:
    """Have the engine carry out an order now, within `patience` seconds; a refusal stands on the page."""
    how: dict[str, Any] = {} if patience is None else {"patience": patience, "is_dry": is_dry}
    return attempt(lambda: jobs.answer(data.workspace().root, order, **how))


def is_taken(run: str) -> bool:
    """Whether the workspace has a run of this name, which the page then says before anything is pressed."""
    if run not in data.workspace().run_names():
        return False
    st.warning("The workspace has a run of that name. Choose another name.")
    return True


def attempt(act: Callable[[], T], says: str = "Asking the engine") -> T | None:
    """What comes of it; a refusal stands on the page and None comes back."""
    try:
        with st.spinner(says):
            return act()
    except (StatError, OSError) as error:
        show_error(error)
        return None


def command(arguments: Sequence[str]) -> None:
    """The same by command line."""
    st.code(f"stat-studio {shlex.join(arguments)}", language=None, wrap_lines=True)


def at_work(run: str | None, verbs: Sequence[str] = (), key: str = "work") -> None:
    """The jobs of a run (all of them for None) that work now or ended badly, newest first, following them.

    `verbs` keeps only those, as in ("train", "evaluate")."""
    if not _wanted(run, verbs):
        return
    _following(run, tuple(verbs), key)


def card(job: dict[str, Any], key: str) -> None:
    """One job: state, progress, rate, time left, tokens and cost, its last message, stop or resume."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{as_markdown(' '.join(job['arguments']))}**")
            st.badge(job["state"], color=COLOURS[job["state"]])
            st.caption(as_markdown(" · ".join(_figures(job))))
        if job["is_running"] and job["total"]:
            st.progress(min(1.0, job["done"] / job["total"]))
        if job["last_words"]:
            st.code(job["last_words"], language=None, wrap_lines=True)
        with st.container(horizontal=True):
            stop_or_resume(job, key)


def _figures(job: dict[str, Any]) -> list[str]:
    said = [job["id"]]
    if job["state"] == "queued" and job["waits_on"]:
        said.append(f"waits for {job['waits_for'] or 'its turn'} ({job['waits_on']})")
    if job["is_running"] and job["stage"]:
        total = f" of {job['total']:,}" if job["total"] else ""
        said.append(f"{job['stage'].replace('_', ' ')}: {job['done'] or 0:,}{total}")
    if job["is_running"] and job["rate"]:
        said.append(f"{job['rate']:,.1f} a second")
    if job["is_running"] and job["seconds_left"]:
        said.append(f"{duration(job['seconds_left'])} left")
    if job["calls"]:
        said.append(f"{job['calls']:,} calls, {job['tokens']:,} tokens")
    if job["cost"] is not None:
        said.append(f"${job['cost']:,.4f}")
    if job["launcher"]:
        said.append(f"by {job['launcher']}")
    return said


def stop_or_resume(job: dict[str, Any], key: str) -> None:
    """The button that a job's state allows: stop, keeping what is finished, or go on from there."""
    root, id = data.workspace().root, job["id"]
    if job["state"] in ("queued", "running") and st.button(
        "Stop", key=f"{key}_stop_{id}", help="Ends within 10 s; what is finished is kept"
    ):
        _do(lambda: jobs.stop(root, id))
    if job["state"] in ("stopped", "failed", "lost") and st.button("Resume", key=f"{key}_resume_{id}"):
        _do(lambda: jobs.resume(root, id))


def _do(act: Any) -> None:
    try:
        act()
    except StatError as error:
        show_error(error)
        return
    st.rerun()


def _place(key: str) -> str | None:
    """Where device work goes: only asked where the workspace has launchers."""
    names = list(jobs.launchers(data.workspace().root))
    if not names:
        return None
    chosen = st.selectbox("Where", [HERE, *names], key=f"{key}_where")
    return None if chosen == HERE else str(chosen)


def _wanted(run: str | None, verbs: Sequence[str]) -> list[dict[str, Any]]:
    """Running, or the newest of its arguments and ended badly."""
    newest, kept = set(), []
    for job in jobs.listed(data.workspace().root):
        if (run is not None and job["run"] != run) or (verbs and job["arguments"][0] not in verbs):
            continue
        is_newest = tuple(job["arguments"]) not in newest
        newest.add(tuple(job["arguments"]))
        if job["is_running"] or (is_newest and job["state"] in ("failed", "lost", "stopped")):
            kept.append(job)
    return kept


@st.fragment(run_every=2)
def _following(run: str | None, verbs: tuple[str, ...], key: str) -> None:
    found = _wanted(run, verbs)
    for job in found:
        card(job, key)
    states = [(job["id"], job["state"]) for job in found]
    before = st.session_state.get(f"{key}_states")
    st.session_state[f"{key}_states"] = states
    if before is not None and before != states:
        st.rerun()  # what has ended changed the page


@st.cache_data(max_entries=32, ttl=60, show_spinner=False)
def _answered(root: str, record: str, is_dry: bool) -> dict[str, Any]:
    return jobs.answer(data.workspace().root, read_order(json.loads(record)), is_dry=is_dry)
