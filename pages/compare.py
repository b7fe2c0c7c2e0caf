"""Compare: what training on each set did, against the student itself and against random."""

import streamlit as st

from stat_engine.errors import StatError
from stat_engine.ui import comparison, data, frame
from stat_engine.ui.charts import arms
from stat_engine.ui.charts.draw import draw

run = frame.chosen_run()
try:
    result = data.view("compare", run)
except StatError as error:
    comparison.training_so_far(run)
    frame.missing(error, run)

comparison.headline(result)
draw(arms.arm_dots(comparison.base_and_arms(result)), key="compare_arms")
comparison.arms_table(result)

side_by_side = st.grid(2, min_column_width=420)
with side_by_side.cell():
    st.markdown("**Gain over the student, skill by skill**")
    st.caption("Skill · its test questions; gains are differences of fractions.")
    skills = comparison.chosen_skills(run, data.view("by_group", run, "skill"))
    draw(arms.gain_map(skills), key="compare_skills")
with side_by_side.cell():
    st.markdown("**Accuracy by subject**")
    draw(arms.subject_radar(data.view("by_group", run, "subject")), key="compare_subjects")

comparison.sets_table(run)
comparison.training_so_far(run)
