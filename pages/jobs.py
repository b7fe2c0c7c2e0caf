"""Jobs: all long work of this workspace, what is at work now and what has ended."""

import streamlit as st

from stat_engine.ui import frame
from stat_engine.ui.jobs_page import listing, opened

frame.on_workspace()
job = st.query_params.get("job")
if job:
    opened.show(job)
else:
    listing.show()
