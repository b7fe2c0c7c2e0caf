"""The pages' frame: navigation, title and the run picker, nothing else."""

import streamlit as st

from stat_engine.ui.frame import choose_run

st.set_page_config(page_title="STAT Studio", page_icon="🎯", layout="wide")
page = st.navigation(
    {
        "Run": [
            st.Page("pages/overview.py", title="Overview", default=True),
        ],
        "Stage 1": [
            st.Page("pages/difficult_questions.py", title="Difficult questions"),
        ],
        "Stage 2": [
            st.Page("pages/skill_labels.py", title="Skill labels"),
            st.Page("pages/missing_skill_profile.py", title="Missing-Skill-Profile"),
        ],
        "Stage 3": [
            st.Page("pages/compare.py", title="Compare"),
        ],
    }
)
choose_run()
st.title(page.title)
page.run()
