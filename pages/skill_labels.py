"""Skill labels: what the teacher says a response lacks, accepted, edited or discarded by people."""

import streamlit as st

from stat_engine.ui.shared import findings, frame, reviewer
from stat_engine.ui.skill_labels import keys, order, review, tables

run = frame.chosen_run()
order.need(run)
author = reviewer.reviewer()
keys.take(run, author)
queue = order.queue(run)  # as the presses left it
findings.of_page(run, "skill_labels")
review.progress(run, author)
rows = review.filtered(run, queue)
shown = order.shown(rows, queue)
item = review.item(run, shown)
review.messages(item, author)
keys.remember_shown(queue, shown)

grid = st.grid(3, min_column_width=280)
with grid.cell(column_span=2):
    if item:
        place, before, after, following = order.position(rows, queue, item["label"].response_id)
        keys.buttons(run, item, author, before, after, following)
        review.suggestion(run, item, place, len(rows))
        review.question_and_response(run, item)
    else:
        st.info("No label is left under this filter.")
        keys.undo(run, author, None, None)
with grid.cell():
    tables.plan(run, item)

tables.beneath(run, rows, item, author)
