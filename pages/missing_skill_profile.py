"""Missing-Skill-Profile: which skills the student fails to use, and how sure that is."""

import streamlit as st

from stat_engine.errors import StatError
from stat_engine.ui import data, frame, profile
from stat_engine.ui.charts import skills
from stat_engine.ui.charts.draw import draw

run = frame.chosen_run()
try:
    summary = data.view("profile_summary", run)
    failures = data.view("profile", run)
except StatError as error:
    frame.missing(error, run)

profile.headline(run, summary)
shown = profile.chosen(failures)

side_by_side = st.grid(2, min_column_width=420)
with side_by_side.cell():
    st.markdown("**Most missed skills**")
    draw(skills.ranked_bars(shown), key="profile_bars")
with side_by_side.cell():
    st.markdown("**The same skills around a circle**")
    draw(skills.radar(shown), key="profile_radar")

st.subheader("Every skill")
skill = profile.skill_table(failures)
if skill:
    profile.questions_of(run, *skill)
else:
    st.caption("Choose a row to see the difficult questions whose response lacks the skill.")
