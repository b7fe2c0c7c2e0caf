"""The examples of a set: filters, a page of rows, and the one that is open."""

from typing import Any

import streamlit as st

from stat_engine.errors import StatError
from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data, work
from stat_engine.ui.frame import pick_rows
from stat_engine.ui.sets import example
from stat_engine.ui.sets.overview import ALL, page_of
from stat_engine.ui.text import as_markdown, clipped
from stat_engine.views.examples import STATES

ROWS = 100
COLUMNS: dict[str, Any] = {
    "problem": st.column_config.TextColumn("Question", width="large"),
    "missing_skill": st.column_config.TextColumn("For the skill", width="medium"),
    "difficult_question_id": "For the question",
    "skills": st.column_config.ListColumn("Carries"),
    "subject": "Subject",
    "state": "State",
    "example_id": "Example",
}


def examples(run: RunFolder, name: str) -> None:
    """The set as people left it, a page of rows at a time, and one example with its whole lineage."""
    skill, state, text = _filters(run, name)
    question = st.query_params.get("sets_question")
    asked = (skill, state, question, text)
    at = page_of(_n(run, name, asked), ROWS, "sets_page")
    found = data.view("examples", run, name, *asked, at, ROWS)
    of = f" for {as_markdown(question)}" if question else ""
    n_dropped = 0 if state else _n(run, name, (skill, "dropped", question, text))
    st.caption(f"{found['n']:,} pairs{of}{f', {n_dropped:,} of them dropped' if n_dropped else ''}")
    rows = found["rows"].assign(problem=found["rows"].problem.map(clipped))
    pick_rows(
        rows[list(COLUMNS)], list(rows.example_id), "sets_example", f"sets_table_{name}_{asked}_{at}",
        column_config=COLUMNS, height=280,
    )  # fmt: skip
    wanted = st.query_params.get("sets_example")
    if wanted is None:
        st.caption("Choose a row to see where the pair came from, and to edit or drop it.")
        return
    try:
        lineage = data.view("lineage", run, name, wanted)
    except StatError as error:
        st.caption(as_markdown(work.sentence(error)))
        return
    example.example(run, name, lineage)


def _n(run: RunFolder, name: str, asked: tuple[Any, ...]) -> int:
    return int(data.view("examples", run, name, *asked, 0, 1)["n"])


def _filters(run: RunFolder, name: str) -> tuple[tuple[str, str] | None, str | None, str | None]:
    shares = data.view("skill_shares", run)
    own = shares[shares.set == name]
    skills = [f"{subject}/{skill}" for subject, skill in zip(own.subject, own.skill, strict=True)]
    wanted = st.session_state.get("sets_skill") or st.query_params.get("sets_skill")
    if wanted and wanted not in skills and wanted != ALL:
        skills.append(wanted)  # a skill of the profile that no pair carries: an empty table says so
    with st.container(horizontal=True, vertical_alignment="bottom"):
        skill = st.selectbox("Skill", [ALL, *skills], key="sets_skill", bind="query-params", width=280)
        state = st.selectbox("State", [ALL, *STATES], key="sets_state", bind="query-params", width=140)
        text = st.text_input("Search in questions and solutions", key="sets_text", bind="query-params")
    subject, _, of = skill.rpartition("/")
    return (subject, of) if skill != ALL else None, state if state != ALL else None, text or None
