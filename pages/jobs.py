"""Jobs: all long work of this workspace, running and ended."""

import streamlit as st

from stat_engine.ui.jobs import listing
from stat_engine.ui.shared import frame

frame.on_workspace()
job = st.query_params.get("job")
if job:
    listing.show_opened(job)
else:
    listing.show()
