"""Difficult questions: how many, which, and one of them step by step."""

import streamlit as st

from stat_engine.errors import StatError
from stat_engine.ui import data, frame, responses
from stat_engine.ui.charts import difficulty
from stat_engine.ui.charts.draw import draw

run = frame.chosen_run()
try:
    found = data.view("difficult", run)
    table = data.view("questions", run)
except StatError as error:
    frame.missing(error, run)

rule = run.config.difficulty
counts = f"**{found['n_difficult']:,} of {found['n_questions']:,}**"
st.markdown(f"{counts} validation questions are difficult for the student.")
st.caption(responses.rule_in_words(rule))

side_by_side = st.grid(2, min_column_width=420)
with side_by_side.cell():
    draw(difficulty.counts_by_subject(found["by_subject"]), key="difficult_by_subject")
with side_by_side.cell():
    responses.filter_quality(found)

st.subheader("Questions")
shown = responses.filtered(table)
selected = responses.question_table(shown)

if selected:
    st.subheader("One question, step by step")
    responses.question(data.view("question", run, selected), rule)
else:
    st.caption("Choose a row to read the student's response step by step.")
