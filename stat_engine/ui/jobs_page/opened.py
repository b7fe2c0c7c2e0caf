"""One job opened: its card, the end of its log followed live, and its events."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import jobs
from stat_engine.errors import StatError
from stat_engine.ui import data, work
from stat_engine.ui.jobs_page.card import card, open_job
from stat_engine.ui.text import as_markdown, clipped

LOG_BYTES = 20_000
N_LINES = 14
N_EVENTS = 200
EVENT_COLUMNS: dict[str, Any] = {
    "at": st.column_config.DatetimeColumn("When (UTC)", format="YYYY-MM-DD HH:mm:ss", timezone="UTC"),
    "state": "State",
    "stage": "Stage",
    "done": st.column_config.NumberColumn("Done", format="localized"),
    "total": st.column_config.NumberColumn("Of", format="localized"),
    "sentence": st.column_config.TextColumn("Said", width="large"),
}


def show(id: str) -> None:
    """The job of this name; one that is not there is said, with the way back."""
    if st.button("All jobs", key="jobs_back"):
        open_job(None)
    try:
        job = jobs.job(data.workspace().root, id)
    except StatError as error:
        st.error(as_markdown(work.sentence(error)))
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
        st.rerun()  # it follows a job at work only


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
    st.markdown("**Its events, newest first**")
    frame = pd.DataFrame(events[::-1][:N_EVENTS])
    if frame.empty:
        st.caption("It has said nothing yet.")
        return
    frame = frame.reindex(columns=list(EVENT_COLUMNS)).assign(at=lambda rows: pd.to_datetime(rows["at"]))
    frame["sentence"] = frame["sentence"].map(lambda text: clipped(str(text), 500), na_action="ignore")
    st.dataframe(
        frame, hide_index=True, column_config=EVENT_COLUMNS, height=320, placeholder="", key="jobs_events"
    )
