"""Skill labels: what the teacher says a response lacks, accepted, edited or discarded by people."""

import streamlit as st

from stat_engine.ui.shared import findings, frame
from stat_engine.ui.skill_labels import decisions, review, tables

run = frame.chosen_run()
queue = review.queue(run)
author = frame.reviewer()
findings.of_page(run, "skill_labels")
review.progress(run, author)
rows = review.filtered(queue)
shown = review.shown(rows, queue)
item = review.item(run, shown)
review.messages(item, author)

grid = st.grid(3, min_column_width=280)
with grid.cell(column_span=2):
    if item:
        place, before, after, following = review.position(rows, queue, item["label"].response_id)
        decisions.keys(run, item, author, before, after, following)
        review.suggestion(run, item, place, len(rows))
        review.question_and_response(run, item)
    else:
        st.info("No label is left under this filter.")
        decisions.undo(run, author, None, None)
with grid.cell():
    tables.plan(run, item)

tables.beneath(run, rows, item, author)
