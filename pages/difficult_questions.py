"""Difficult questions: the two thresholds, what they flag and how well, and the questions one by one."""

import streamlit as st

from stat_engine.ui.difficult_questions import counts, disagreements, questions, thresholds
from stat_engine.ui.shared import findings, frame

run = frame.chosen_run()
own = run.config.difficulty
counts.need(run, otherwise=lambda: disagreements.of_imported(run, is_alone=True))
if questions.of_skill(run, (own.tau1, own.tau2)):
    st.stop()
now = thresholds.sliders(run)
found = counts.at(run, now)
counts.headline(run, found)
st.caption(counts.rule_in_words(own, *now))
counts.warning(run)
findings.of_page(run, "difficult_questions")
thresholds.standing(run, *now, found)

side_by_side = st.grid(2, min_column_width=400)
with side_by_side.cell():
    counts.by_subject(found)
with side_by_side.cell():
    counts.clauses(found, own.rule)
    counts.against_correctness(found)
with side_by_side.cell():
    counts.heat_map(run, now)
counts.filters_compared(run, now, found["n_responses"])
disagreements.of_imported(run)

st.header("Questions")
wanted, sort = questions.filters(run, is_moved=now != (own.tau1, own.tau2))
page = questions.rows(run, now, wanted, sort)
questions.question(run, now, page)
