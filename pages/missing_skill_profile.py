"""Missing-Skill-Profile: which skills the student fails to use, with intervals and comparisons."""

import streamlit as st

from stat_engine.ui.missing_skill_profile import parts
from stat_engine.ui.shared import address, findings, frame

run = frame.chosen_run()
failures, corrected = parts.needed(run)
parts.headline(run)
findings.of_page(run, "missing_skill_profile")
part = address.part(parts.PARTS, "profile_tab")
filters = st.container(horizontal=True, vertical_alignment="bottom")
with filters:
    subject = parts.subject(failures)

if part == "Skills":
    rows, name, columns = parts.skills(run, failures, corrected, subject, filters)
elif part == "Training pool":
    rows, name, columns = parts.training_pool(run, subject)
else:
    rows, name, columns = parts.another_run(run, failures, subject, filters)

if skill := parts.skill(failures):
    parts.lacking(run, *skill)
st.header("Every skill" if subject == parts.ALL else "Every skill of the subject")
parts.table(rows, columns, f"profile_table_{part}")
parts.downloads(rows, name)
if part == "Skills":
    parts.by_subject(run)
