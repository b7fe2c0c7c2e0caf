"""All jobs of the workspace, running ones as cards that are updated, and one job opened with its log."""

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import jobs
from stat_engine.errors import StatError
from stat_engine.ui.shared import data, frame, work
from stat_engine.ui.shared.address import remember
from stat_engine.ui.shared.draw import chosen_row, counts, numbers, page_of
from stat_engine.ui.shared.words import duration, moment, moments, show_error, utc
from stat_engine.views.text import as_markdown, one_line, plain

BAD_ENDS = ("failed", "lost")
ENDED_WITH = {
    "lost": "Its worker process is gone. The end of its output:",
    "damaged": "A file of the job cannot be read:",
}
LOG_BYTES = 20_000
N_LINES = 14
N_EVENTS = 200
EVENT_COLUMNS: dict[str, Any] = {
    "at": "When",
    "state": "State", "stage": "Stage", **counts(done="Done", total="Of"),
    "sentence": st.column_config.TextColumn("Said", width="large"),
}  # fmt: skip


def card(job: dict[str, Any], key: str, can_open: bool = True) -> None:
    """State, command line, progress, calls and cost, place and times, last message, and what can be done."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(job["state"], color=work.COLOURS[job["state"]])
            st.markdown(f"**{as_markdown(job['id'])}**", width="content")
            if job["run"]:
                st.page_link("pages/overview.py", label=f"Run {job['run']}", query_params={"run": job["run"]})
        st.code(command_line(job), language=None, wrap_lines=True)
        if job["is_running"] and job["total"]:
            st.progress(min(1.0, (job["done"] or 0) / job["total"]), as_markdown(progress(job)))
        elif said := progress(job):
            st.markdown(as_markdown(said))
        in_utc = " to ".join(filter(None, [utc(job["started"] or job["created"]), utc(job["ended"])]))
        st.caption(as_markdown(" · ".join(filter(None, [cost(job), place(job), _times(job)]))), help=in_utc)
        if job["last_words"]:
            st.markdown(ENDED_WITH.get(job["state"], "It ended with:"))
            st.code(job["last_words"], language=None, wrap_lines=True)
        _buttons(job, key, can_open)


def _times(job: dict[str, Any]) -> str:
    took = seconds(job)
    began = "started" if job["started"] else "asked for"
    said = [f"{began} {moment(job['started'] or job['created'])}"]
    said += [f"ended {moment(job['ended'])}"] if job["ended"] else []
    if took is not None:
        said.append(f"{'for' if job['is_running'] else 'took'} {duration(took)}")
    return ", ".join(said)


def _buttons(job: dict[str, Any], key: str, can_open: bool) -> None:
    with st.container(horizontal=True):
        if can_open and st.button("Log and events", key=f"{key}_open_{job['id']}"):
            open_job(job["id"])
        work.stop_or_resume(job, key)


def open_job(id: str | None) -> None:
    """Show one job, or all of them for None; the address says which."""
    remember("job", id)
    st.rerun()


def show_opened(id: str) -> None:
    """The job of this name; one that is not there is said, with the way back."""
    if st.button("All jobs", key="jobs_back"):
        open_job(None)
    try:
        job = jobs.job(data.workspace().root, id)
    except StatError as error:
        show_error(error)
        return
    st.fragment(_live, run_every=2 if job["is_running"] else None)(id, job["state"])
    st.markdown("**The same by command line**")
    work.command(["jobs", "log", id, "--follow"] if job["is_running"] else ["jobs", "log", id])


def _live(id: str, state: str) -> None:
    root = data.workspace().root
    try:
        job = jobs.job(root, id)
    except StatError:
        st.rerun()
    card(job, "jobs_one", can_open=False)
    st.markdown("**What it prints**" if job["is_running"] else "**What it printed**")
    log = jobs.log_tail(root, id, LOG_BYTES)
    _log(_as_shown(log).split("\n"))
    _events(jobs.history(root, id))
    if job["state"] != state:
        st.rerun()  # it follows a running job only


def _log(lines: list[str]) -> None:
    """The last lines at once, because a box that scrolls does not follow them; what is before on demand."""
    st.code("\n".join(lines[-N_LINES:]) or "nothing yet", language=None, wrap_lines=True)
    if len(lines) > N_LINES:
        with st.expander("More of it", key="jobs_more"):
            st.code("\n".join(lines), language=None, height=400)


def _as_shown(log: str) -> str:
    """The log as a terminal would show it: of a line that was rewritten in place, the last wording."""
    lines = [line.rstrip("\r").rpartition("\r")[2].replace("\x1b[K", "") for line in log.split("\n")]
    return "\n".join(lines).strip("\n")


def _events(events: list[dict[str, Any]]) -> None:
    st.markdown("**Events, newest first**")
    frame = pd.DataFrame(events[::-1][:N_EVENTS])
    if frame.empty:
        st.caption("No events yet.")
        return
    frame = frame.reindex(columns=list(EVENT_COLUMNS)).assign(at=lambda rows: pd.to_datetime(rows["at"]))
    frame["sentence"] = frame["sentence"].map(lambda text: one_line(str(text), 500), na_action="ignore")
    st.dataframe(
        frame,
        hide_index=True,
        column_config=EVENT_COLUMNS | {"at": moments("When", "YYYY-MM-DD HH:mm:ss")},
        height=320,
        placeholder="",
        key="jobs_events",
    )


def command_line(job: dict[str, Any]) -> str:
    """What it does, as it would be typed."""
    return f"stat-studio {shlex.join(map(str, job['arguments']))}"


def seconds(job: dict[str, Any]) -> float | None:
    """How long its work took, or has taken so far; None before its turn, and where its end is unknown."""
    if not job["started"]:
        return None
    begun = datetime.fromisoformat(job["started"])
    if job["ended"]:
        return (datetime.fromisoformat(job["ended"]) - begun).total_seconds()
    return (datetime.now(UTC) - begun).total_seconds() if job["is_running"] else None


def progress(job: dict[str, Any]) -> str:
    """What is being done, how far it is, how fast it goes and how long it takes yet."""
    if job["state"] == "queued":
        holder = f", which {job['waits_for']} has" if job["waits_for"] else ""
        return f"Waits for {_turn(job['waits_on'])}{holder}"
    if not job["stage"]:
        return "Begins" if job["is_running"] else ""
    total = f" of {job['total']:,}" if job["total"] else ""
    said = [f"{plain(job['stage'])}: {job['done'] or 0:,}{total}"]
    said += [f"{job['rate']:,.1f} a second"] if job["rate"] else []
    said += [f"{job['written_tokens']:,} tokens"] if job.get("written_tokens") else []
    said += [f"{duration(job['seconds_left'])} left"] if job["seconds_left"] else []
    return " · ".join(said)


def cost(job: dict[str, Any]) -> str:
    """Its calls, tokens and USD so far; empty where it made no call."""
    if not job["calls"]:
        return ""
    paid = "no price known" if job["cost"] is None else f"${job['cost']:,.4f}"
    tokens = f"{job['input_tokens']:,} tokens in, {job['output_tokens']:,} out"
    return f"{job['calls']:,} calls · {tokens} · {paid}"


def place(job: dict[str, Any]) -> str:
    """Where it works: lane, launcher, machine and process."""
    if job["lane"] is None:
        return ""
    launcher = f", launcher {job['launcher']}" if job["launcher"] else ""
    machine = f" · on {job['host']}, process {job['pid']}" if job["pid"] else ""
    return f"Lane {job['lane']}{launcher}{machine}"


def _turn(waits_on: str | None) -> str:
    """What a queued job waits for, in words."""
    return {"device": "the device of its machine", None: "its turn"}.get(waits_on, str(waits_on))


Job = dict[str, Any]
STATES: dict[str, tuple[str, ...]] = {
    "All": ("queued", "running", "stopping", "stopped", "done", "failed", "lost", "damaged"),
    "Running": ("queued", "running", "stopping"),
    "Done": ("done",),
    "Stopped": ("stopped",),
    "Failed or lost": (*BAD_ENDS, "damaged"),
}
ANY_RUN, NO_RUN = "Any run", "No run"
ROWS = 100
"""Ended jobs shown together."""
COLUMNS: dict[str, Any] = {
    "state": "State",
    "command": st.column_config.TextColumn("Command", width="medium"),
    "run": "Run",
    "ended": "Ended",
    "took": "Took",
    **counts(calls="Calls", tokens="Tokens"),
    **numbers("%.4f", cost="USD"),
    "last_words": st.column_config.TextColumn("Last message", width="medium"),
    "started": "Started",
    "lane": "Lane", "launcher": "Launcher", "id": "Job",
}  # fmt: skip


def show() -> None:
    """The list under its filters; without any job, how one is started."""
    found = jobs.listed(data.workspace().root)
    if not found:
        _empty()
        return
    chosen = _filtered(found)
    running = [job for job in chosen if job["is_running"]]
    _following([job["id"] for job in running])
    ended = [job for job in chosen if not job["is_running"]]
    if ended:
        _table(ended)
    elif not running:
        st.info("No job is under this filter.")


def _empty() -> None:
    if not data.workspace().run_names():
        frame.no_runs()
    st.info(
        "There is no job yet. A job is long work in a process of its own: a stage of a run, a fine-tuning, "
        "an evaluation. It goes on when this page is closed, and stands here while it works and after."
    )
    if st.button("Go to Run stages and start one", type="primary", key="jobs_to_stages"):
        st.switch_page("pages/run_stages.py", query_params=_run_in_address())


def _run_in_address() -> dict[str, str]:
    run = st.session_state.get("run")
    return {"run": str(run)} if run else {}


def _filtered(found: Sequence[Job]) -> list[Job]:
    runs = sorted({str(job["run"]) for job in found if job["run"]})
    others = [NO_RUN] if any(not job["run"] for job in found) else []
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state = st.segmented_control(
            "State", list(STATES), default="All", required=True, key="jobs_state", bind="query-params"
        )
        run = st.selectbox(
            "Run", [ANY_RUN, *runs, *others], key="jobs_run", bind="query-params", width=240
        )  # fmt: skip
    wanted = STATES[state or "All"]
    return [job for job in found if job["state"] in wanted and _is_of(job, str(run))]


def _is_of(job: Job, run: str) -> bool:
    return run == ANY_RUN or (job["run"] == run if run != NO_RUN else not job["run"])


def _following(ids: list[str]) -> None:
    """The running jobs; they are read every two seconds, and only while there are any."""
    if ids:
        st.fragment(_at_work, run_every=2)(ids)


def _at_work(ids: list[str]) -> None:
    now = {job["id"]: job for job in jobs.listed(data.workspace().root)}
    followed = [now[id] for id in ids if id in now]
    others = [id for id, job in now.items() if job["is_running"] and id not in ids]
    for job in followed:
        card(job, "jobs")
    is_known = st.session_state.get("jobs_others") in (None, others)
    st.session_state["jobs_others"] = others
    if not all(job["is_running"] for job in followed) or not is_known:
        st.session_state.pop("jobs_others")
        st.rerun()  # what has ended belongs into the table, what was begun elsewhere among the cards


def _table(ended: Sequence[Job]) -> None:
    st.header(f"{len(ended):,} ended")
    at = page_of(len(ended), ROWS, "jobs_page")
    shown = ended[at * ROWS : (at + 1) * ROWS]
    rows = pd.DataFrame([_row(job) for job in shown])[list(COLUMNS)]
    columns = COLUMNS | {"ended": moments("Ended"), "started": moments("Started")}
    chosen = chosen_row(rows, columns, "jobs_table", placeholder="")
    if chosen is not None:
        open_job(shown[chosen]["id"])
    st.caption("Choose a row to read its log and its events, or to resume it.")


def _row(job: Job) -> dict[str, Any]:
    took = seconds(job)
    return {
        **{key: job[key] for key in ("state", "run", "calls", "tokens", "cost", "lane", "launcher", "id")},
        "command": one_line(command_line(job).removeprefix("stat-studio "), 200),
        "started": pd.to_datetime(job["started"]),
        "ended": pd.to_datetime(job["ended"]),
        "took": "" if took is None else duration(took),
        "last_words": one_line((job["last_words"] or "").rpartition("\n")[2], 300),
    }
