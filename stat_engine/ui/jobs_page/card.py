"""One job as a card: fuller than the one beneath a page's button."""

from typing import Any

import streamlit as st

from stat_engine.ui import frame, work
from stat_engine.ui.jobs_page import words
from stat_engine.ui.text import as_markdown


def card(job: dict[str, Any], key: str, can_open: bool = True) -> None:
    """State, command line, progress, calls and cost, place and times, last words, and what can be done."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(job["state"], color=work.COLOURS[job["state"]])
            st.markdown(f"**{as_markdown(job['id'])}**", width="content")
            if job["run"]:
                st.page_link("pages/overview.py", label=f"Run {job['run']}", query_params={"run": job["run"]})
        st.code(words.command_line(job), language="bash", wrap_lines=True)
        if job["is_running"] and job["total"]:
            st.progress(min(1.0, (job["done"] or 0) / job["total"]), as_markdown(words.progress(job)))
        elif said := words.progress(job):
            st.markdown(as_markdown(said))
        st.caption(as_markdown(" · ".join(filter(None, [words.cost(job), words.place(job), _times(job)]))))
        if job["last_words"]:
            st.markdown("Its worker is gone. Its last words:" if job["state"] == "lost" else "It ended with:")
            st.code(job["last_words"], language=None, wrap_lines=True)
        _buttons(job, key, can_open)


def _times(job: dict[str, Any]) -> str:
    took = words.seconds(job)
    began = "started" if job["started"] else "asked for"
    said = [f"{began} {words.at(job['started'] or job['created'])}"]
    said += [f"ended {words.at(job['ended'])}"] if job["ended"] else []
    if took is not None:
        said.append(f"{'for' if job['is_running'] else 'took'} {work.duration(took)}")
    return ", ".join(said)


def _buttons(job: dict[str, Any], key: str, can_open: bool) -> None:
    with st.container(horizontal=True):
        if can_open and st.button("Log and events", key=f"{key}_open_{job['id']}"):
            open_job(job["id"])
        work.stop_or_resume(job, key)


def open_job(id: str | None) -> None:
    """Show one job, or all of them for None; the address says which."""
    frame.remember("job", id)
    st.rerun()
