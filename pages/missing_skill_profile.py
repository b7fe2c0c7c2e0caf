"""Missing-Skill-Profile: which skills the student fails to use, how sure that is, and against what."""

import streamlit as st

from stat_engine import views
from stat_engine.errors import StatError
from stat_engine.ui.missing_skill_profile import choices, parts
from stat_engine.ui.shared import data, frame, warnings

run = frame.chosen_run()
try:
    failures = data.view("profile", run)
    corrected = data.view("profile_corrected", run)
except StatError as error:
    frame.missing(error, run, until="profile")

parts.headline(run, corrected)
warnings.of_page(run, "missing_skill_profile")
part = choices.part()
doubled = data.dataset_view("doubled", run.config.dataset)
name, columns = f"{run.name}-profile", parts.COLUMNS
filters = st.container(horizontal=True, vertical_alignment="bottom")
with filters:
    subject = choices.subject(failures)

if part == "Skills":
    rows = choices.of_subject(views.agreement.with_correction(failures, corrected), subject)
    with filters:
        shown = choices.shown(rows)
    parts.by_skill(shown, doubled)
elif part == "Training pool":
    every = data.view("profile_misfit", run)
    rows, name, columns = choices.of_subject(every, subject), f"{run.name}-misfit", parts.MISFIT_COLUMNS
    parts.against_pool(rows, views.profile.distance(every), doubled)
elif not (others := views.profile.comparable(data.workspace(), run)):
    parts.nothing_to_compare(run)
    st.stop()
else:
    with filters:
        other = choices.other_run(others)
    rows = choices.of_subject(views.profile.against(failures, parts.profile_of(other)), subject)
    name, columns = f"{run.name}-against-{other}", parts.AGAINST_COLUMNS
    with filters:
        shown = choices.shown(rows)
    parts.against_run(shown, run.name, other, doubled)

skill = choices.skill(failures)
if skill:
    parts.lacking(run, *skill)

st.subheader("Every skill" if subject == choices.ALL else "Every skill of the subject")
parts.table(rows, columns, f"profile_table_{part}")
parts.downloads(rows, name)
if part == "Skills":
    parts.by_subject(run)
