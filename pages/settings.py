"""Settings: servers, prices, budget, keys as set or not set, reviewers, launchers, this machine."""

import streamlit as st

from stat_engine.ui import frame
from stat_engine.ui.settings_page import launchers, machine, people, prices, saving, servers

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
    prices.show(settings)
elif part == "Reviewers":
    people.show(settings)
elif part == "Launchers":
    launchers.show(settings)
else:
    machine.show()
