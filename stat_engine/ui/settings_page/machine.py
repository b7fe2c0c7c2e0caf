"""The workspace's folder, and what this machine has for the work."""

import pandas as pd
import streamlit as st

from stat_engine.ui import data, work
from stat_engine.ui.text import as_markdown

COLUMNS = {"what": "What", "state": "State", "found": "Found", "fix": "To mend it"}


def show() -> None:
    """Where everything is kept, and the checks of `stat-studio doctor`."""
    st.markdown("The workspace: all datasets, runs, kept answers and jobs are in this folder.")
    st.code(str(data.workspace().root.resolve()), language=None)
    found = work.answer(["doctor"])
    if found is None:
        return
    missing = [row["what"] for row in found["checks"] if row["state"] == "missing"]
    if missing:
        st.warning(as_markdown(f"Missing: {', '.join(missing)}"))
    rows = pd.DataFrame(found["checks"], columns=list(COLUMNS))
    st.dataframe(rows, hide_index=True, column_config=COLUMNS, height="content", key="settings_checks")
    work.command(["doctor"])
