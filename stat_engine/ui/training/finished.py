"""The table of finished fine-tunings."""

from typing import Any

import streamlit as st

from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data
from stat_engine.ui.frame import ONWARD

COLUMNS: dict[str, Any] = {
    "arm": "Arm",
    "seed": "Seed",
    "set": "Training set",
    "n_pairs": st.column_config.NumberColumn("Pairs", format="localized"),
    "steps": st.column_config.NumberColumn("Steps", format="localized"),
    "epochs": st.column_config.NumberColumn("Epochs", format="%g"),
    "loss": st.column_config.NumberColumn("Last loss", format="%.4f", help="Nats a token, of the last step"),
    "tokens_a_second": st.column_config.NumberColumn("Tokens a second", format="%.0f"),
    "seconds": st.column_config.NumberColumn("Seconds", format="%.1f", help="Of training, without loading"),
    "memory": st.column_config.NumberColumn(
        "Memory, GB", format="%.2f", help="Most held: on the card, else by the process"
    ),
    "adapter": "Adapter, in the run's folder",
    "start": st.column_config.TextColumn("Learned from rewards after", help="The arm that GRPO went on from"),
    "n_questions": st.column_config.NumberColumn("Questions", format="localized"),
    "reward": st.column_config.NumberColumn("Last reward", format="%.3f", help="Mean of the last batch"),
}

OF_REWARDS = ("start", "n_questions", "reward")
"""Columns that are shown once an arm has learned from rewards."""


def table(run: RunFolder) -> None:
    """Every finished fine-tuning with what it took; nothing before the first."""
    rows = data.view("training_finished", run)
    if rows.empty:
        return
    st.subheader("Finished fine-tunings")
    rows = rows.assign(memory=rows.memory_bytes.astype(float) / 1e9)
    shown = [name for name in COLUMNS if name not in OF_REWARDS or rows.start.notna().any()]
    st.dataframe(
        rows[shown], hide_index=True, column_config=COLUMNS, key="training_finished", placeholder="–"
    )
    if rows.seconds.isna().any():
        st.caption("–: not measured for fine-tunings made before this was recorded.")
    with st.container(horizontal=True):
        for page, label in (
            ("pages/compare.py", "What each arm came to on the test questions"),
            ("pages/training_sets.py", "What the sets hold"),
        ):
            st.page_link(page, label=label, icon=ONWARD, query_params={"run": run.name})
