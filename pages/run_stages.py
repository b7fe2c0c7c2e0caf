"""Run stages: the models of each stage, its cost and its start; and new runs."""

import streamlit as st

from stat_engine.ui.run_stages import form, models, new_run, saving, stages
from stat_engine.ui.run_stages.form import Draft
from stat_engine.ui.shared import address, frame, work

run = frame.chosen_run()
saving.what_was_done()

THIS, NEW = "This run", "A new run"
if st.session_state.pop("stages_next_view", False):
    st.session_state["stages_view"] = THIS
view = address.part([THIS, NEW], "stages_view")
models.line()

if view == NEW:
    new_run.page()
    st.stop()

work.at_work(run.name, stages.VERBS, key="stages_work")
saving.heading(run)
draft = Draft(f"run_{run.name}", run.config.model_dump(), f"run {run.name}")
with st.grid(4, min_column_width=190):
    shown = models.dataset_card(draft) | models.models(draft)
if st.toggle("All other settings", key="stages_rest"):
    form.all_fields(draft, shown)
saving.unsaved(run, draft)

st.header("Stages")
stages.listed(run)
st.header("Start")
stages.start(run)

st.header("Current configuration")
saving.yaml(run.config, "run")
