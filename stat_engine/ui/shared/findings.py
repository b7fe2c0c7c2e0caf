"""What a run's figures say: the result of its evaluation in a sentence, and its warnings."""

import streamlit as st

from stat_engine import views
from stat_engine.config import SYNTHESISED
from stat_engine.orders import WarningsOrder
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.words import sentence
from stat_engine.views.compare import Comparison
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown
from stat_engine.views.warnings import RunWarning, in_words

TITLES = {
    "difficult_questions": "Difficult questions",
    "missing_skill_profile": "Missing-Skill-Profile",
    "skill_labels": "Skill labels",
    "training_sets": "Training sets",
    "compare": "Compare",
}


def headline(result: Comparison) -> None:
    """The result in plain sentences, and on what it rests; `result`: as `views.compare.compare` has it."""
    st.markdown(f"**{as_markdown(result['verdict'][0])}** {as_markdown(' '.join(result['verdict'][1:]))}")
    st.caption(
        f"{result['test_questions']:,} {as_markdown(result['benchmark'])} questions; "
        f"{result['profile_questions']:,} need one of the most missed skills, "
        f"{_difficult(result)}. In brackets: 95% intervals; an arm stands out where the interval of "
        "the paired difference holds no zero."
    )
    if said := _unreadable(result):
        st.caption(as_markdown(said))
    if result["warning"]:
        st.warning(sentence(result["warning"]))


def _difficult(result: Comparison) -> str:
    if not result["is_difficult_known"]:
        return "the difficult ones are not known until the student's own responses are scored"
    return f"{result['difficult_questions']:,} are difficult for the student itself"


def _unreadable(result: Comparison) -> str:
    """Responses without a grade, as a sentence; empty where there are none."""
    rows = [{"arm": "base", **result["base"]}, *result["arms"]]
    found = [
        f"{row['n_unreadable']:,} of {row['n_responses']:,} of {row['arm']}"
        for row in rows
        if row["n_unreadable"]
    ]
    why = "no answer can be read in them, or grading gave none in its time"
    return f"Not gradable are {', '.join(found)} responses: {why}. They count as not right." if found else ""


def all_of(run: Run) -> None:
    """Every warning of the run, with the way to the page that it is about."""
    found = data.view(views.warnings.warnings, run)
    if not found:
        return
    st.header("Warnings")
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
