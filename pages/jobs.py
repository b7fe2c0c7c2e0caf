"""Jobs: all long work of this workspace, running and ended."""

import streamlit as st

from stat_engine.ui.jobs import jobs
from stat_engine.ui.shared import frame

frame.on_workspace()
if opened := st.query_params.get("job"):
    jobs.show_opened(opened)
else:
    jobs.show()
