"""Overview: how far the run is, its results, the next action, and the other runs."""

import streamlit as st

from stat_engine.ui.overview import runs, stages
from stat_engine.ui.shared import findings, frame, work

run = frame.chosen_run()
stages.heading(run)
stages.live_cards(run)
work.at_work(run.name, key="overview_work")
stages.result(run)
findings.all_of(run)

st.subheader("Runs in this workspace")
runs.table()
runs.acts(run)
runs.used()
