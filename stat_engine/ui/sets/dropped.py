"""What the gates dropped: each new question with the gate, what it saw, and the teacher's own words."""

from typing import Any

import streamlit as st

from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data
from stat_engine.ui.frame import ONWARD
from stat_engine.ui.sets.example import made
from stat_engine.ui.sets.overview import page_of
from stat_engine.ui.text import as_markdown, clipped, plain

ROWS = 100
ALL = "All"
GATES = {
    "unreadable": "no question in the teacher's answer",
    "leak": "equal or near to a validation or test question",
    "known": "equal to a question of the pool",
    "near": "a near-copy of a reference or of another new question",
    "inconsistent": "too few of its solutions end in equal answers",
    "solved": "the student solves it already",
}
COLUMNS: dict[str, Any] = {
    "gate": "Gate",
    "problem": st.column_config.TextColumn("Question", width="large"),
    "detail": st.column_config.TextColumn("What the gate saw", width="large"),
    "missing_skill": "For the skill",
    "difficult_question_id": "For the question",
}


def dropped(run: RunFolder, name: str) -> None:
    """The dropped questions by gate, a page of rows at a time; a row opens what the teacher wrote."""
    counts = data.view("dropped_page", run, name, None, 0, 1)["gates"]
    if not counts:
        st.info("Nothing was dropped: this set has no new questions, or all of them passed.")
        return
    gate = st.segmented_control(
        "Gate", [ALL, *counts], default=ALL, required=True, key="sets_gate", bind="query-params"
    )
    said = [f"{n:,} {one} ({GATES[one]})" for one, n in counts.items() if gate in (ALL, one)]
    st.caption("; ".join(said))
    wanted = gate if gate != ALL else None
    n = data.view("dropped_page", run, name, wanted, 0, 1)["n"]
    at = page_of(n, ROWS, "sets_dropped_page")
    rows = data.view("dropped_page", run, name, wanted, at, ROWS)["rows"]
    shown = rows.assign(problem=rows.problem.map(clipped), detail=rows.detail.map(clipped))
    event = st.dataframe(
        shown[list(COLUMNS)], hide_index=True, column_config=COLUMNS, height=280, on_select="rerun",
        selection_mode="single-row", key=f"sets_dropped_{name}_{gate}_{at}",
    )  # fmt: skip
    picked = list(event.selection.rows)
    if not picked:
        st.caption("Choose a row to read the draft, the question and its solutions.")
        return
    _one(run, rows.iloc[picked[0]].to_dict())


def _one(run: RunFolder, row: dict[str, Any]) -> None:
    with st.container(border=True):
        st.markdown(f"**{as_markdown(plain(row['gate']))}**: {as_markdown(row['detail'])}")
        st.markdown(as_markdown(row["problem"]) or "*no question*")
        if row["difficult_question_id"]:
            st.page_link(
                "pages/difficult_questions.py", icon=ONWARD, label="The difficult question it was for",
                query_params={"run": run.name, "question": row["difficult_question_id"]},
            )  # fmt: skip
        made(data.view("dropped_written", run, row["problem"], tuple(row["teacher_calls"])))
