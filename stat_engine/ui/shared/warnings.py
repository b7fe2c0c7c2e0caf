"""The warnings of a run: all on the overview, and each on its own page."""

import streamlit as st

from stat_engine import views
from stat_engine.config import SYNTHESISED
from stat_engine.orders import WarningsOrder
from stat_engine.ui.shared import data, work
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown
from stat_engine.views.warnings import RunWarning, in_words

TITLES = {
    "difficult_questions": "Difficult questions",
    "missing_skill_profile": "Missing-Skill-Profile",
    "training_sets": "Training sets",
    "compare": "Compare",
}


def all_of(run: Run) -> None:
    """Every warning of the run, with the way to the page that it is about."""
    found = data.view(views.warnings.warnings, run)
    if not found:
        return
    st.subheader("What the figures warn of")
    for one in found:
        _warning(one)
        page = one["page"]
        st.page_link(f"pages/{page}.py", label=f"{TITLES[page]} →", query_params={"run": run.name})


def of_page(run: Run, page: str) -> None:
    """The warnings that belong on one page."""
    for one in data.view(views.warnings.warnings, run, page):
        _warning(one)


def too_near(run: Run, name: str) -> None:
    """Whether a synthesised set stands too near the evaluation questions; the engine compares their texts."""
    if data.view(views.training_sets.summary, run, name)["method"] not in SYNTHESISED:
        return
    for one in (work.answer(WarningsOrder(run=run.name)) or {"warnings": []})["warnings"]:
        if one["sign"] == "set_too_near" and one["about"].startswith(f"Training set {name} "):
            _warning(one)


def _warning(one: RunWarning) -> None:
    st.warning(as_markdown(in_words(one)))
