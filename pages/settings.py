"""Settings: servers, prices, budget, keys as set or not set, reviewers, launchers, this machine."""

import streamlit as st

from stat_engine.ui.settings import parts, saving, servers
from stat_engine.ui.shared import frame

PARTS = ["Servers", "Prices", "Reviewers", "Launchers", "Machine"]

frame.on_workspace()
settings = saving.settings()
part = st.segmented_control(
    "Part", PARTS, default=PARTS[0], required=True, key="settings_part", bind="query-params",
    label_visibility="collapsed",
)  # fmt: skip
saving.message()
if part == "Servers":
    servers.show()
elif part == "Prices":
    parts.show_prices(settings)
elif part == "Reviewers":
    parts.show_people(settings)
elif part == "Launchers":
    parts.show_launchers(settings)
else:
    parts.show_machine()
