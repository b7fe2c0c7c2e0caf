"""Overview: how far the run is, its results, the next action, and the other runs."""

import streamlit as st

from stat_engine.ui.overview import overview
from stat_engine.ui.shared import findings, frame, work

run = frame.chosen_run(otherwise=overview.table)
overview.heading(run)
overview.live_cards(run)
work.at_work(run.name, key="overview_work")
overview.result(run)
findings.all_of(run)

st.header("Runs in this workspace")
overview.table()
overview.acts(run)
overview.used()
