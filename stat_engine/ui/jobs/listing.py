"""All jobs of the workspace: running ones as cards that are updated, ended ones as a table."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import jobs
from stat_engine.ui.jobs.job import BAD_ENDS, card, command_line, open_job, seconds
from stat_engine.ui.shared import data, frame
from stat_engine.ui.shared.draw import chosen_row, counts, numbers, page_of
from stat_engine.ui.shared.words import duration
from stat_engine.views.text import clipped

Job = dict[str, Any]
STATES: dict[str, tuple[str, ...]] = {
    "All": ("queued", "running", "stopping", "stopped", "done", "failed", "lost"),
    "Running": ("queued", "running", "stopping"),
    "Done": ("done",),
    "Stopped": ("stopped",),
    "Failed or lost": BAD_ENDS,
}
ANY_RUN, NO_RUN = "Any run", "No run"
ROWS = 100
"""Ended jobs shown together."""
COLUMNS: dict[str, Any] = {
    "state": "State",
    "command": st.column_config.TextColumn("Command", width="medium"),
    "run": "Run",
    "ended": st.column_config.DatetimeColumn("Ended (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC"),
    "took": "Took",
    **counts(calls="Calls", tokens="Tokens"),
    **numbers("%.4f", cost="USD"),
    "last_words": st.column_config.TextColumn("Last message", width="medium"),
    "started": st.column_config.DatetimeColumn("Started (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC"),
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
    """The jobs at work; they are looked at every two seconds, and only while there are any."""
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
    st.subheader(f"{len(ended):,} ended")
    at = page_of(len(ended), ROWS, "jobs_page")
    shown = ended[at * ROWS : (at + 1) * ROWS]
    rows = pd.DataFrame([_row(job) for job in shown])[list(COLUMNS)]
    chosen = chosen_row(rows, COLUMNS, "jobs_table", placeholder="")
    if chosen is not None:
        open_job(shown[chosen]["id"])
    st.caption("Choose a row to read its log and its events, or to resume it.")


def _row(job: Job) -> dict[str, Any]:
    took = seconds(job)
    return {
        **{key: job[key] for key in ("state", "run", "calls", "tokens", "cost", "lane", "launcher", "id")},
        "command": clipped(command_line(job).removeprefix("stat-studio "), 200),
        "started": pd.to_datetime(job["started"]),
        "ended": pd.to_datetime(job["ended"]),
        "took": "" if took is None else duration(took),
        "last_words": clipped((job["last_words"] or "").rpartition("\n")[2], 300),
    }
