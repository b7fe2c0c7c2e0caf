"""References drawn: which questions were taken or written for which difficult question and skill."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data
from stat_engine.ui.sets.figure import side_by_side
from stat_engine.ui.sets.overview import page_of
from stat_engine.ui.text import as_markdown, plain

ROWS = 100
COLUMNS: dict[str, Any] = {
    "difficult_question_id": st.column_config.TextColumn("Difficult question", width="medium"),
    "subject": "Subject",
    "missing_skill": st.column_config.TextColumn("Missing skill", width="medium"),
    "n_questions": st.column_config.NumberColumn("Questions for it"),
    "n_pairs": st.column_config.NumberColumn("Pairs"),
}


def drawn(run: RunFolder, name: str) -> None:
    """One row a (difficult question, missing skill); a row opens what was drawn for it, side by side."""
    table = data.view("draws", run, name)
    if table.empty:
        st.info("The pairs of this set were drawn without looking at difficult questions.")
        return
    n_questions = table.difficult_question_id.nunique()
    st.markdown(f"{len(table):,} draws, for {n_questions:,} difficult questions.")
    at = page_of(len(table), ROWS, "sets_draws_page")
    rows = table.iloc[at * ROWS : (at + 1) * ROWS]
    event = st.dataframe(
        rows, hide_index=True, column_config=COLUMNS, height=260, on_select="rerun",
        selection_mode="single-row", key=f"sets_draws_{name}_{at}",
    )  # fmt: skip
    picked = list(event.selection.rows)
    row = rows.iloc[picked[0]] if picked else rows.iloc[0]
    skill = row.missing_skill if isinstance(row.missing_skill, str) else None
    pairs = data.view("drawn_for", run, name, row.difficult_question_id, skill)
    behind = data.view("difficult_behind", run, row.difficult_question_id, skill)
    for_skill = f" and the skill **{as_markdown(plain(skill))}**" if skill else ""
    st.markdown(f"For **{as_markdown(row.difficult_question_id)}**{for_skill}:")
    side_by_side(run, behind, pairs, name)
    _references(run, pairs)


def _references(run: RunFolder, pairs: Sequence[dict[str, Any]]) -> None:
    """The pool questions that the teacher was shown for each new question."""
    shown = {pair["question_id"]: tuple(pair["reference_ids"]) for pair in pairs if pair["reference_ids"]}
    for id, references in shown.items():
        with st.expander(f"References that the teacher saw for {as_markdown(id)}"):
            for question in data.view("references", run, references):
                st.caption(as_markdown(question["id"]))
                st.markdown(as_markdown(question["problem"]))
