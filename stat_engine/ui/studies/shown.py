"""One study on its page: question, how far it is, figure, what is compared with what, and its runs."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.store.study_folder import StudyFolder
from stat_engine.ui import data, work
from stat_engine.ui.charts.draw import draw
from stat_engine.ui.charts.studies import study_figure
from stat_engine.ui.text import as_markdown

FRACTION: dict[str, Any] = {"format": "%.3f"}
SIGNED: dict[str, Any] = {"format": "%+.3f"}
ROWS: dict[str, Any] = {
    "value": "Value",
    "arm": "Arm",
    "accuracy": st.column_config.NumberColumn("Accuracy", **FRACTION),
    "ci_low": st.column_config.NumberColumn("95% from", **FRACTION),
    "ci_high": st.column_config.NumberColumn("to", **FRACTION),
    "gain": st.column_config.NumberColumn("Gain", help="Over the same student before training", **SIGNED),
    "gain_low": st.column_config.NumberColumn("Gain from", **SIGNED),
    "gain_high": st.column_config.NumberColumn("Gain to", **SIGNED),
    "lowest": st.column_config.NumberColumn("Lowest", help="Of single fine-tunings", **FRACTION),
    "highest": st.column_config.NumberColumn("Highest", help="Of single fine-tunings", **FRACTION),
    "n_trainings": st.column_config.NumberColumn("Fine-tunings"),
    "profile_skills": st.column_config.NumberColumn("Profile's skills", **FRACTION),
    "other_skills": st.column_config.NumberColumn("Other skills", **FRACTION),
    "difficult_part": st.column_config.NumberColumn("Difficult part", **FRACTION),
    "n_pairs": st.column_config.NumberColumn("Pairs from", format="localized"),
    "n_pairs_most": st.column_config.NumberColumn("Pairs to", format="localized"),
}
AGAINST: dict[str, Any] = {
    "value": "Value",
    "arm": "Arm",
    "control": "Against",
    "difference": st.column_config.NumberColumn("Difference", **SIGNED),
    "ci_low": st.column_config.NumberColumn("95% from", **SIGNED),
    "ci_high": st.column_config.NumberColumn("to", **SIGNED),
    "p_value": st.column_config.NumberColumn("p", format="%.2g"),
    "p_adjusted": st.column_config.NumberColumn("p, Holm", format="%.2g"),
    "n_gained": st.column_config.NumberColumn("Gained"),
    "n_lost": st.column_config.NumberColumn("Lost"),
}
FILTERS: dict[str, Any] = {
    "value": "Value",
    "n_difficult": st.column_config.NumberColumn("Difficult", format="localized"),
    "n_questions": st.column_config.NumberColumn("of", format="localized"),
    **{
        name: st.column_config.NumberColumn("F1" if name == "f1" else name.capitalize(), **FRACTION)
        for name in ("accuracy", "precision", "recall", "f1")
    },
}
RUNS: dict[str, Any] = {
    "value": "Value",
    "run": "Run",
    "is_done": st.column_config.CheckboxColumn("Done"),
}


def shown(name: str) -> None:
    """The study as it stands now."""
    card = StudyFolder(data.workspace(), name).need()
    runs = views.studies.runs_of(data.workspace(), name)
    st.markdown(f"**{as_markdown(card['question'])}**")
    st.caption(
        as_markdown(
            f"Study {name} of run {card['run']}: {int(runs.is_done.sum())} of {len(runs)} runs are done, "
            f"fine-tuning seeds {', '.join(map(str, card['seeds']))}."
        )
    )
    if not runs.is_done.all():
        work.at_work(None, ("study",), key="studies_work")
    rows = data.workspace_view("study_table", name)
    if rows.empty:
        st.info("No run of this study is evaluated yet; its figures appear here run by run.")
    else:
        draw(study_figure(rows, card["varied"]), key="studies_figure")
        _compared(name)
        _table("Every arm", rows, ROWS)
        st.caption(
            "Accuracy as a fraction with Wilson's interval over questions; seeds and students answer "
            "the same questions and are averaged question by question first. Lowest and highest are single "
            "fine-tunings. Gain is the paired difference from the same students before training."
        )
        _filters(name)
    _runs(runs)


def _compared(name: str) -> None:
    found = data.workspace_view("study_contrasts", name)
    if found.empty:
        return
    _table("What the study compares", found, AGAINST)
    st.caption(
        "Paired by question, with Bonett and Price's interval; p by McNemar's exact test of shares, then "
        "after Holm's correction over all rows of this table. Those below 1e-11 are not told apart."
    )


def _filters(name: str) -> None:
    found = data.workspace_view("study_filters", name)
    if len(found) > 1 and found.n_difficult.nunique() > 1:
        _table("What the filter flagged", found, FILTERS)
        st.caption("Difficult against wrong, where correctness is known; fractions.")


def _runs(runs: pd.DataFrame) -> None:
    event = st.dataframe(
        runs[list(RUNS)], hide_index=True, column_config=RUNS, on_select="rerun",
        selection_mode="single-row", key="studies_runs",
    )  # fmt: skip
    st.caption("Choose a run to see its arms question by question.")
    if event.selection.rows:
        chosen = str(runs.run[event.selection.rows[0]])
        if chosen not in data.workspace().run_names():
            st.caption("That run is not made yet.")
            return
        st.switch_page("pages/compare.py", query_params={"run": chosen})


def _table(title: str, frame: pd.DataFrame, columns: dict[str, Any]) -> None:
    st.markdown(f"**{title}**")
    kept = [column for column in columns if frame[column].notna().any()]
    values = [f"{value:g}" if isinstance(value, float) else str(value) for value in frame.value]
    st.dataframe(frame[kept].assign(value=values), hide_index=True, column_config=columns, placeholder="–")
