"""The vocabulary's versions: what each changed, and going back to one."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine.ui import data
from stat_engine.ui.skills.asking import do, say_what_was_done, told
from stat_engine.ui.text import as_markdown, clipped

COLUMNS: dict[str, Any] = {
    "version": "Version",
    "made_by": st.column_config.TextColumn("Made by", width=290),
    "note": st.column_config.TextColumn("Note", width=120),
    "n_skills": st.column_config.NumberColumn("Skills", format="localized"),
    "added": st.column_config.ListColumn("Added", width=220),
    "removed": st.column_config.ListColumn("Removed", width=220),
}


def versions(dataset: str) -> None:
    """Every version of the vocabulary, and the button that puts one in force again."""
    say_what_was_done()
    table = data.dataset_view("versions", dataset)
    if table.empty:
        st.info("This dataset has no vocabulary yet. Import a Skill-Map under Import.")
        return
    shown = table.assign(made_by=table.made_by.map(clipped), note=table.note.map(clipped))
    st.dataframe(
        shown[list(COLUMNS)], hide_index=True, column_config=COLUMNS, key=f"skills_versions_{len(table)}"
    )
    if len(table) == 1:
        st.caption("Version 1 is in force. A change of a skill makes the next one, and this one is kept.")
        return
    st.subheader("Put an earlier version in force again", anchor=False)
    st.caption("It becomes a new version, so this can be taken back too.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        earlier = list(table.version)[1:]
        version = st.selectbox("Version", earlier, key="skills_version", width=160)
        with_map = st.checkbox(
            "With the Skill-Map as it was then", value=True, key="skills_with_map",
            help="Questions that were mapped only later keep what they have",
        )  # fmt: skip
        dropping = st.checkbox(
            "Take skills that are gone out of the Skill-Map", key="skills_drop",
            help="Else the change is refused where a question carries a skill that the version does not have",
        )  # fmt: skip
    _restore(dataset, int(version), with_map, dropping)


def _restore(dataset: str, version: int, with_map: bool, dropping: bool) -> None:
    options = [*(["--with-map"] if with_map else []), *(["--drop"] if dropping else [])]
    arguments = ["skills", "restore", dataset, str(version), *options]
    found = told(arguments, "Show what it changes", "skills_restore")
    if found is None:
        return
    st.markdown(
        f"Version {version} becomes version **{found['version']}** with {found['n_skills']:,} skills. "
        f"**{found['n_changed']:,}** entries of the Skill-Map change, {found['n_dropped']:,} lose all skills."
    )
    rows = pd.DataFrame(
        [
            *({"Skill": name, "": "comes back"} for name in found["added"]),
            *({"Skill": name, "": "goes"} for name in found["removed"]),
        ]
    )
    if len(rows):
        st.dataframe(rows, hide_index=True, key="skills_restored")
    if st.button(f"Restore version {version}", key="skills_restore_do", type="primary"):
        says = f"Version {version} is in force again, as version {found['version']}."
        if do(arguments, says) is not None:
            st.rerun()
    st.caption(as_markdown("Labels and training sets of runs stay until the run is brought up to date."))
