"""The pages' frame: navigation, title and the run picker, nothing else."""

import streamlit as st

from stat_engine.ui.shared import frame

st.set_page_config(page_title="STAT Studio", page_icon="🎯", layout="wide")
page = st.navigation(
    {
        "Run": [
            st.Page("pages/overview.py", title="Overview", default=True),
            st.Page("pages/run_stages.py", title="Run stages"),
        ],
        "Stage 1": [
            st.Page("pages/difficult_questions.py", title="Difficult questions"),
        ],
        "Stage 2": [
            st.Page("pages/skill_labels.py", title="Skill labels"),
            st.Page("pages/missing_skill_profile.py", title="Missing-Skill-Profile"),
        ],
        "Stage 3": [
            st.Page("pages/training_sets.py", title="Training sets"),
            st.Page("pages/training.py", title="Training"),
            st.Page("pages/compare.py", title="Compare"),
            st.Page("pages/studies.py", title="Studies"),
        ],
        "Workspace": [
            st.Page("pages/skills_and_data.py", title="Skills and data"),
            st.Page("pages/jobs.py", title="Jobs"),
            st.Page("pages/settings.py", title="Settings"),
        ],
    }
)
frame.enter(page.url_path)
frame.choose_run()
st.title(page.title)
frame.notice()
page.run()
