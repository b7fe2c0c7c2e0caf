"""Skill labels: what the teacher says a response lacks, accepted, edited or discarded by people."""

import streamlit as st

from stat_engine.errors import StatError
from stat_engine.ui import data, frame, label_keys, label_tables, labels

run = frame.chosen_run()
try:
    queue = data.view("label_queue", run)
except StatError as error:
    frame.missing(error, run)

author = labels.reviewer()
labels.progress(run, author)
rows = labels.filtered(queue)
shown = labels.shown(rows, queue)
item = data.view("label_item", run, shown) if shown else None
labels.messages(item, author)

grid = st.grid(3, min_column_width=280)
with grid.cell(column_span=2):
    if item:
        place, before, after, following = labels.position(rows, queue, shown)
        label_keys.keys(run, item, author, before, after, following)
        labels.suggestion(item, place, len(rows))
        labels.question_and_response(item, run.config.difficulty)
    else:
        st.info("No label is left under this filter.")
        label_keys.undo(run, author, None, None)
with grid.cell():
    label_tables.plan(run, item)

label_tables.beneath(run, rows, item, author)
