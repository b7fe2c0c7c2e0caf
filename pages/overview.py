"""Overview: where the run stands, what it has shown, and the other runs."""

import streamlit as st

from stat_engine.errors import StatError
from stat_engine.ui import data, frame, stages

run = frame.chosen_run()
status = data.status(run)

with st.container(horizontal=True):
    st.caption(
        f"Dataset **{status['dataset']}**" + (f", copy of **{status['parent']}**" if status["parent"] else "")
    )
    if status["is_working"]:
        st.badge("working", color="blue")

stages.live_columns(run)

st.subheader("So far")
try:
    found = data.view("difficult", run)
    with st.container(horizontal=True):
        st.metric("Validation questions", f"{found['n_questions']:,}")
        st.metric("Difficult", f"{found['n_difficult']:,}")
        stages.profile_metrics(run)
        stages.result_metrics(run)
except StatError as error:
    first = "The first figures appear when the student's responses are scored."
    st.info(first if status["is_working"] else f"{str(error)[:1].upper()}{str(error)[1:]}")

st.subheader("Runs in this workspace")
st.dataframe(data.runs(), hide_index=True, column_config=stages.RUN_COLUMNS)

job = data.demo_job()
if job and status["run"] == "demo":
    with st.expander("What the demo's process says"):
        st.code(job["log"] or "nothing yet", language=None)
