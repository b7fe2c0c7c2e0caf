"""Missing-Skill-Profile: which skills the student fails to use, with intervals and comparisons."""

import streamlit as st

from stat_engine.ui.missing_skill_profile import choices, parts
from stat_engine.ui.shared import address, findings, frame

run = frame.chosen_run()
failures, corrected = parts.needed(run)
parts.headline(run)
findings.of_page(run, "missing_skill_profile")
part = address.part(choices.PARTS, "profile_tab")
filters = st.container(horizontal=True, vertical_alignment="bottom")
with filters:
    subject = choices.subject(failures)

if part == "Skills":
    rows, name, columns = parts.skills(run, failures, corrected, subject, filters)
elif part == "Training pool":
    rows, name, columns = parts.training_pool(run, failures, subject, filters)
else:
    rows, name, columns = parts.another_run(run, failures, subject, filters)

st.header("Every skill" if subject == choices.ALL else "Every skill of the subject")
parts.table(rows, columns, f"profile_table_{part}")
parts.downloads(rows, name)
if part == "Skills":
    parts.by_subject(run)
