"""A trained arm written to a folder, as a job: adapter or merged weights, with its card."""

import streamlit as st

from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import work


def export(run: RunFolder) -> None:
    """Choose an arm and a folder; nothing before the first arm is trained."""
    trained = run.trained_arms()
    if not trained:
        return
    with st.expander("Export a model", key="training_export"):
        grid = st.grid(3, min_column_width=200)
        with grid.cell():
            arm = st.selectbox("Arm", trained, key="training_export_arm")
        with grid.cell():
            seed = st.selectbox("Seed", run.trained_seeds(arm), key="training_export_seed")
        with grid.cell():
            is_merged = st.toggle(
                "Merged weights", key="training_export_merge",
                help="Whole weights that any loader reads, in place of the adapter alone",
            )  # fmt: skip
        path = st.text_input("Folder on the machine that runs this app", key="training_export_path").strip()
        merged = ["--merge"] if is_merged else []
        arguments = [
            "export-model", run.name, "--arm", arm, "--seed", str(seed), "--to", path or "FOLDER", *merged,
        ]  # fmt: skip
        if path:
            work.offer(
                "Export",
                arguments,
                "Writes safetensors, the tokenizer and a model card with the arm's lineage and evaluation. "
                "Free; an earlier export in that folder is replaced, anything else there is left alone.",
                key="training_export_start",
                kind="secondary",
            )
        work.command(arguments)
