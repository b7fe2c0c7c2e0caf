"""Parts of the compare page: accuracy over the chain of runs, and how the profile moved (figure 3)."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data, next_round
from stat_engine.ui.charts import rounds as charts
from stat_engine.ui.charts.draw import draw
from stat_engine.ui.text import as_markdown

COLUMNS: dict[str, Any] = {
    "subject": "Subject",
    "skill": "Skill",
    "run": "Round",
    "failure_rate": st.column_config.NumberColumn("Failure rate", format="%.2f"),
    "ci_low": st.column_config.NumberColumn("95% from", format="%.2f"),
    "ci_high": st.column_config.NumberColumn("to", format="%.2f"),
    "n_missing": st.column_config.NumberColumn("Missing in"),
    "n_questions": st.column_config.NumberColumn("Questions with it"),
    "moved": st.column_config.NumberColumn("Moved since the first", format="%+.2f"),
}


TABLE: dict[str, Any] = {
    "number": "Round",
    "run": "Run",
    "made_from": "Made from",
    "dataset": "Asked",
    "n_difficult": st.column_config.NumberColumn("Difficult", format="localized"),
    "n_questions": st.column_config.NumberColumn("of", format="localized"),
    "accuracy": st.column_config.NumberColumn("Student", format="%.3f", help="On the round's benchmark"),
    "ci_low": st.column_config.NumberColumn("95% from", format="%.3f"),
    "ci_high": st.column_config.NumberColumn("to", format="%.3f"),
    "n_test": st.column_config.NumberColumn("Questions", format="localized"),
    "best_arm": "Best arm",
    "best_accuracy": st.column_config.NumberColumn("Its accuracy", format="%.3f"),
    "best_ci_low": st.column_config.NumberColumn("its 95% from", format="%.3f"),
    "best_ci_high": st.column_config.NumberColumn("its to", format="%.3f"),
}


def rounds(run: RunFolder, best: str | None) -> None:
    """The rounds that this run stands in, and what makes the next one."""
    names = views.rounds.chain(run)
    if len(names) < 2:
        st.info(f"Run {as_markdown(run.name)} has no other round yet.")
        next_round.start(run, best)
        return
    folders = [data.workspace().run_folder(name) for name in names]
    table = pd.DataFrame([data.view("round_row", folder) for folder in folders])
    st.dataframe(table[list(TABLE)], hide_index=True, column_config=TABLE)
    next_round.start(run, best)
    _accuracies([data.view("round_accuracies", folder) for folder in folders])
    _drift(run, [data.view("round_failures", folder) for folder in folders])


def _accuracies(frames: list[pd.DataFrame]) -> None:
    there = [frame for frame in frames if len(frame)]
    st.markdown("**Accuracy, round by round**")
    if not there:
        st.caption("No round is evaluated yet.")
        return
    draw(charts.round_bars(pd.concat(there)), key="compare_rounds")
    st.caption("Base: the student that the round began with. Rounds may be evaluated on different questions.")


def _drift(run: RunFolder, frames: list[pd.DataFrame]) -> None:
    moved = views.rounds.drift(frames)
    st.markdown("**How the profile moved**")
    if moved.run.nunique() < 2:
        st.caption("Fewer than two rounds have a Missing-Skill-Profile in force.")
        return
    doubled = data.dataset_view("doubled", run.config.dataset)
    draw(charts.drift_dots(moved, doubled), key="compare_drift")
    st.dataframe(moved[list(COLUMNS)], hide_index=True, column_config=COLUMNS)
