"""Responses on which the grader and an imported verdict differ, as a list that opens their questions."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.orders import DisagreementsOrder
from stat_engine.ui.difficult_questions.questions import open_question
from stat_engine.ui.shared import data, verdicts, words, work
from stat_engine.ui.shared.address import link, remember
from stat_engine.ui.shared.draw import chosen_row, numbers
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown, clipped

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


def of_imported(run: Run, is_alone: bool = False) -> None:
    """The comparison of imported verdicts with the grader's; nothing for a run without imported verdicts.

    `is_alone`: the page shows no questions, as before the step rewards; a row is then read here."""
    n = data.view(views.verdicts.n_imported, run)
    if not n:
        return
    with st.expander("Imported verdicts and the grader", expanded=is_alone):
        st.caption(
            f"{n:,} responses were imported with a verdict, which counts unless a person overrules it. "
            "Comparing grades all of them."
        )
        order = DisagreementsOrder(run=run.name)
        if st.button("Compare with the grader", key="difficult_compare_verdicts"):
            st.session_state[FOUND] = (run.name, work.answer(order))
        of, found = st.session_state.get(FOUND, (None, None))
        if found and of == run.name:
            _listed(run, found, is_alone)
        work.command(order.words())


def _listed(run: Run, found: dict[str, Any], is_alone: bool) -> None:
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
    elif row is not None and is_alone:
        _read(run, row)
    elif row is not None and st.session_state.get(PICKED) != row["response_id"]:
        open_question(row["question_id"])
        remember("response", row["response_id"])
    st.session_state[PICKED] = row["response_id"] if row else None


def _read(run: Run, row: dict[str, Any]) -> None:
    """A response, why the grader decides as it does, and the buttons that overrule its verdict."""
    person = data.view(views.verdicts.standing, run, row["response_id"])["verdict"]
    is_correct = person.action == "correct" if person else bool(row["imported"])
    with st.container(border=True):
        st.markdown(f"**{as_markdown(row['question_id'])}, sample {row['sample']}**")
        words.verdict(is_correct)
        words.written(row["response"])
        verdicts.reason(run, row["response"], row["reference"], is_correct)
        shown = verdicts.Graded(
            row["question_id"], row["response_id"], row["sample"], is_correct, "", row["model"]
        )
        verdicts.overrule(run, [shown])
