"""Leakage: how near the questions of a set come to those the student is measured on."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import warnings, work
from stat_engine.ui.charts import sets as charts
from stat_engine.ui.charts.draw import draw
from stat_engine.ui.sets.overview import EXAMPLES, go_to
from stat_engine.ui.text import as_markdown, clipped

COLUMNS: dict[str, Any] = {
    "share": st.column_config.ProgressColumn("Shared wording", min_value=0, max_value=1, format="%.2f"),
    "split": "Split",
    "problem": st.column_config.TextColumn("Question of the set", width="large"),
    "near_problem": st.column_config.TextColumn("Nearest evaluation question", width="large"),
    "near_id": "Its id",
}


def leakage(run: RunFolder, name: str) -> None:
    """The report of `stat-studio leakage`, asked of the engine: counts, histogram, the nearest pairs."""
    arguments = ["leakage", run.name, name]
    found = work.answer(arguments)
    if found is None:
        return
    st.markdown(in_words(found))
    warnings.too_near(run, name)
    draw(charts.near_copies(found), key="sets_near_copies")
    rows = pd.DataFrame(found["nearest"], columns=[*COLUMNS, "example_id"])
    shown = rows.assign(problem=rows.problem.map(clipped), near_problem=rows.near_problem.map(clipped))
    event = st.dataframe(
        shown[list(COLUMNS)], hide_index=True, column_config=COLUMNS, height=300, on_select="rerun",
        selection_mode="single-row", key=f"sets_nearest_{name}",
    )  # fmt: skip
    picked = list(event.selection.rows)
    row = rows.iloc[picked[0] if picked else 0]
    grid = st.grid(2, min_column_width=380)
    for title, text in (
        ("Question of the set", row.problem),
        ("Nearest evaluation question", row.near_problem),
    ):
        with grid.cell(), st.container(border=True):
            st.caption(f"{title}, {row.share:.0%} of the wording shared")
            st.markdown(as_markdown(text))
    st.button(
        "Open this pair", key="sets_nearest_open", on_click=go_to, args=(EXAMPLES, name, None, row.example_id)
    )
    work.command(arguments)


def in_words(found: dict[str, Any]) -> str:
    """The report's sentence."""
    if found["highest"] is None:
        return "The dataset has no validation or test questions to compare with."
    n = found["n_near"]
    verdict = f"**{n:,}** of" if n else "None of"
    return (
        f"{verdict} {found['n_questions']:,} questions share {found['threshold']:.0%} or more of their "
        f"wording with one of {found['n_evaluation']:,} evaluation questions ({found['n_equal']:,} equal). "
        f"The nearest shares **{found['highest']:.0%}**."
    )
