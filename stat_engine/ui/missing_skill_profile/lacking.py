"""The questions that lack a skill, beside the profile's charts; a click opens one on Difficult questions."""

from typing import Any

import streamlit as st

from stat_engine import views
from stat_engine.skills import Skill
from stat_engine.ui.missing_skill_profile import choices
from stat_engine.ui.shared import data
from stat_engine.ui.shared.address import LEFT_PROFILE, link
from stat_engine.ui.shared.draw import chosen_row, numbers, page_of, row_name, wrapped_rows
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown, clipped, plain

PAGE_ROWS = 100
COLUMNS: dict[str, Any] = {
    "problem": row_name("Problem", width=190),
    "answer": st.column_config.TextColumn("Answer", width=75, help="Of the response that was labelled"),
    **numbers("%.2f", mean=("Reward", "Mean step reward of that response")),
    "state": st.column_config.TextColumn("Label", width=75, help="What people made of the label"),
    "question_id": "Question",
}  # fmt: skip


def listed(run: Run, of: Skill) -> None:
    """The difficult questions whose label names the skill, with the answer, its reward and the review."""
    subject, skill = of
    n = len(data.view(views.profile.questions_lacking, run, subject, skill))
    name = f"**{as_markdown(plain(skill))}**" + (f" ({as_markdown(plain(subject))})" if subject else "")
    if not n:
        st.caption(f"No difficult question lacks {name}.")
        return
    st.markdown(f"{n:,} difficult question{'s' if n > 1 else ''} lack{'' if n > 1 else 's'} {name}. "
                "Click a row to read the response step by step.")  # fmt: skip
    at = page_of(n, PAGE_ROWS, "profile_page")
    rows = data.view(views.lacking.responses, run, subject, skill, at * PAGE_ROWS, PAGE_ROWS)
    shown = rows.assign(
        problem=rows.problem.map(clipped), answer=rows.answer.map(clipped, na_action="ignore")
    )
    key = f"profile_questions_{hash((subject, skill, at))}"
    with st.container(key="profile_questions"):
        chosen = chosen_row(shown[list(COLUMNS)], COLUMNS, key, **wrapped_rows(len(rows)))
    link("skill_labels", "Review these labels", run=run.name, skill=skill, status="all")
    if chosen is not None:
        _open(run, subject, skill, str(rows.question_id.iloc[chosen]))


def _open(run: Run, subject: str, skill: str, question: str) -> None:
    st.session_state[LEFT_PROFILE] = choices.in_address()
    lacks = f"{subject}/{skill}" if subject else skill
    of = {"run": run.name, "question": question, "lacks": lacks}
    st.switch_page("pages/difficult_questions.py", query_params=of)
