"""Responses on which the grader and an imported verdict differ, as a list that opens their questions."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.orders import DisagreementsOrder
from stat_engine.ui.difficult_questions.questions import open_question
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.address import link, remember
from stat_engine.ui.shared.draw import chosen_row, numbers
from stat_engine.views.places import Run
from stat_engine.views.text import clipped

FOUND, PICKED = "difficult_disagreements", "difficult_disagreement"
WORDS = {True: "correct", False: "incorrect"}
COLUMNS: dict[str, Any] = {
    "question_id": st.column_config.TextColumn("Question", width=145, pinned=True),
    "where": st.column_config.TextColumn("Responses of", width=110), **numbers(sample="Sample"),
    "imported": st.column_config.TextColumn("File says", width=80),
    "graded": st.column_config.TextColumn("Grader says", width=80),
    "answer": st.column_config.TextColumn("Read as", width=110),
    "reference": st.column_config.TextColumn("Reference", width=110),
    "rule": st.column_config.TextColumn("Rule", width=160),
    "overruled": st.column_config.TextColumn("Overruled", width=160),
}  # fmt: skip


def of_imported(run: Run) -> None:
    """The comparison of imported verdicts with the grader's; nothing for a run without imported verdicts."""
    n = data.view(views.verdicts.n_imported, run)
    if not n:
        return
    with st.expander("Imported verdicts and the grader"):
        st.caption(
            f"{n:,} responses were imported with a verdict, which counts unless a person overrules it. "
            "Comparing grades all of them."
        )
        order = DisagreementsOrder(run=run.name)
        if st.button("Compare with the grader", key="difficult_compare_verdicts"):
            st.session_state[FOUND] = (run.name, work.answer(order))
        of, found = st.session_state.get(FOUND, (None, None))
        if found and of == run.name:
            _listed(run, found)
        work.command(order.words())


def _listed(run: Run, found: dict[str, Any]) -> None:
    undecided = f" The grader does not decide on {found['n_undecided']:,}." if found["n_undecided"] else ""
    st.markdown(f"**{len(found['rows']):,}** of {found['n_imported']:,} verdicts differ.{undecided}")
    if not found["rows"]:
        return
    people = data.view(views.verdicts.in_force_in_words, run)
    rows = [
        {
            **row,
            "where": "validation" if row["arm"] is None else f"{row['arm']}, seed {row['seed']}",
            "imported": WORDS[row["imported"]],
            "graded": WORDS[row["graded"]],
            "answer": clipped(row["answer"] or "none found", 60),
            "reference": clipped(row["reference"] or "", 60),
            "overruled": people.get(row["response_id"], ""),
        }
        for row in found["rows"]
    ]
    at = chosen_row(
        pd.DataFrame(rows, columns=list(COLUMNS)), COLUMNS, "difficult_disagreements_table", height=260
    )
    row = None if at is None else found["rows"][at]
    if row is not None and row["arm"] is not None:
        arm = {} if row["arm"] == "base" else {"compare_arm": row["arm"]}
        link(
            "compare", f"The responses to question {row['question_id']}", run=run.name,
            compare_part="Questions that flipped", compare_benchmark=row["benchmark"],
            compare_question=row["question_id"], **arm,
        )  # fmt: skip
    elif row is not None and st.session_state.get(PICKED) != row["response_id"]:
        open_question(row["question_id"])
        remember("response", row["response_id"])
    st.session_state[PICKED] = row["response_id"] if row else None
