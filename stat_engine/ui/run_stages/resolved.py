"""A configuration to copy: as YAML, and as the command line that makes it."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import config as configuration
from stat_engine.config import RunConfig
from stat_engine.ui import work
from stat_engine.ui.text import clipped


def yaml(config: RunConfig, key: str) -> None:
    """The resolved configuration; only what differs from the defaults unless all is asked for."""
    full = st.toggle("With the settings that are as in the defaults", key=f"stages_full_{key}")
    text = configuration.as_yaml(config, full)
    st.code(text, language="yaml", height=360 if text.count("\n") > 16 else "content")


def command(arguments: Sequence[str]) -> None:
    """The same by command line."""
    st.caption("The same by command line:")
    work.command(arguments)


def changes(changed: dict[str, list[Any]]) -> None:
    """A table of the settings that would change."""
    rows = [
        {"Setting": key, "In force": _cell(now), "New": _cell(then)} for key, (now, then) in changed.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def _cell(value: Any) -> str:
    return "not set" if value is None else clipped(str(value))
