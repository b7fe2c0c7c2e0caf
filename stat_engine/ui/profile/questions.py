"""The questions behind a skill, a page of rows at a time; a row opens on the Difficult questions page."""

import streamlit as st

from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data
from stat_engine.ui.text import as_markdown, clipped, plain

PAGE_ROWS = 100
COLUMNS = {"question_id": "Question", "level": "Level", "problem": "Problem"}


def lacking(run: RunFolder, subject: str, skill: str) -> None:
    """The difficult questions whose label names the skill."""
    n = len(data.view("questions_lacking", run, subject, skill))
    name = f"**{as_markdown(plain(skill))}**" + (f" ({as_markdown(plain(subject))})" if subject else "")
    if not n:
        st.caption(f"No difficult question lacks {name}.")
        return
    st.markdown(f"{n:,} difficult question{'s' if n > 1 else ''} lack{'' if n > 1 else 's'} {name}. "
                "Click a row to read the response step by step.")  # fmt: skip
    n_pages = -(-n // PAGE_ROWS)
    at = (
        st.number_input(f"Page (of {n_pages})", 1, n_pages, key="profile_page", width=140)
        if n_pages > 1
        else 1
    )
    rows = data.view("lacking_rows", run, subject, skill, (at - 1) * PAGE_ROWS, PAGE_ROWS)
    event = st.dataframe(
        rows.assign(problem=rows.problem.map(clipped)), hide_index=True, column_config=COLUMNS,
        height=min(320, 38 + 36 * len(rows)), on_select="rerun", selection_mode="single-row",
        key="profile_questions",
    )  # fmt: skip
    if event.selection.rows:
        question = str(rows.question_id.iloc[event.selection.rows[0]])
        st.switch_page("pages/difficult_questions.py", query_params={"run": run.name, "question": question})
