"""Put a chart on a page, with its download, under its own key."""

from collections.abc import Callable
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

FORMATS = ["png", "svg"]


def draw(
    figure: go.Figure, key: str, on_select: Literal["rerun", "ignore"] | Callable[[], None] = "ignore"
) -> Any:
    """Draw the figure; its camera button saves it as the format that `picture_format` last chose.

    Returns Streamlit's selection event unless `on_select` is "ignore"; a function is called at a click, not
    at what redraws the page later. Only single points can be chosen."""
    picture = {"format": st.session_state.get("picture_format", FORMATS[0]), "filename": key, "scale": 2}
    config = {"displaylogo": False, "toImageButtonOptions": picture}
    return st.plotly_chart(figure, key=key, config=config, on_select=on_select, selection_mode="points")


def picture_format() -> None:
    """The choice of what a chart's camera button saves."""
    st.segmented_control(
        "A chart's camera button saves",
        FORMATS,
        default=FORMATS[0],
        required=True,
        format_func=str.upper,
        key="picture_format",
        persist_state="session",
    )
