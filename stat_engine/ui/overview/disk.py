"""What the workspace's files take, and what may go."""

import streamlit as st

from stat_engine import jobs
from stat_engine.errors import StatError
from stat_engine.jobs import Wish
from stat_engine.store.disk import in_words, n_decisions
from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data, work
from stat_engine.ui.text import as_markdown

LEFT_OVER = Wish(unfinished=True, checkpoints=True, jobs=True)


def used() -> None:
    """Bytes by run and part, and the clean-up, with what would go said first."""
    rows = data.workspace_view("disk")
    with st.expander(f"Disk: {in_words(float(rows.bytes.sum()))} in this workspace"):
        st.dataframe(
            rows.assign(run=rows.run.fillna("all runs"), part=rows.part.str.replace("_", " ")),
            hide_index=True,
            column_config={
                "run": "Run",
                "part": "What",
                "bytes": st.column_config.NumberColumn("On disk", format="bytes"),
            },
            height=240,
        )
        _clean()


def remove(run: RunFolder) -> None:
    """The whole run, with what is lost said first."""
    place, with_decisions = data.workspace(), False
    n = n_decisions(run.folder)
    if n:
        with_decisions = st.checkbox(
            f"Its {n:,} decisions of people may go too", key="overview_remove_decisions"
        )
    wish = Wish(whole_run=run.name, with_decisions=with_decisions)
    try:
        found = jobs.clean(place, wish, dry_run=True)
    except StatError as error:
        st.caption(as_markdown(work.sentence(error)))
        return
    st.caption(as_markdown("; ".join(["Cannot be taken back", *found["losses"]]) + "."))
    sure = st.text_input("Type the run's name to remove it", key="overview_remove_name")
    if st.button(f"Remove it and free {in_words(found['bytes'])}", disabled=sure != run.name):
        jobs.clean(place, wish)
        st.session_state.pop("run")
        st.query_params.clear()
        st.rerun()


def _clean() -> None:
    st.caption(
        "Cleaning up takes away what is left over or can be made again: parts that were given up, "
        "checkpoints of finished fine-tunings, logs of jobs that ended more than 30 days ago. Results and "
        "decisions stay."
    )
    found = jobs.clean(data.workspace(), LEFT_OVER, dry_run=True)
    for item in found["items"]:
        st.caption(as_markdown(f"{item['path']} · {in_words(item['bytes'])}"))
    if not found["items"]:
        st.caption("There is nothing of that kind now.")
    elif st.button(f"Free {in_words(found['bytes'])}", key="overview_clean"):
        jobs.clean(data.workspace(), LEFT_OVER)
        st.rerun()
