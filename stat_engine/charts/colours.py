"""The colours of all charts and pages, safe for colour-blind readers: Okabe and Ito (2008)."""

from collections.abc import Collection

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from stat_engine.views.text import plain

BLUE, ORANGE, GREEN, VERMILION, SKY, PINK, GREY = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#7a7a7a",
)  # fmt: skip
ARM_COLOURS = {
    "base": GREY, "random": SKY, "uniform": PINK, "math-train": "#999933", "math-augment": "#882255",
    "math-hard": "#a6761d", "embed-sel": "#44aa99", "embed-syn": "#117733", "skill-shuffled": ORANGE,
    "syn-shuffled": "#ddcc77", "stat-sel": BLUE, "stat-syn": GREEN,
}  # fmt: skip
STUDENT, TEACHER, HUMAN = VERMILION, BLUE, GREEN
"""Who says it, wherever a chart sets one beside another."""


def arm_colour(arm: str) -> str:
    """An arm's colour, the same on every page."""
    return ARM_COLOURS.get(arm, PINK)


def gain_scale(ground: str | None = None) -> list[list[object]]:
    """Loss to gain, with a ground for none: the page's own unless named."""
    return [[0, VERMILION], [0.5, ground or neutral()], [1, BLUE]]


def neutral() -> str:
    """A ground between two colours that suits the light or the dark theme."""
    return "#1b222c" if st.context.theme.type == "dark" else "#f2f2f2"


def skill_names(frame: pd.DataFrame, doubled: Collection[str] = ()) -> list[str]:
    """Skill names, with their subject where a name stands in two: of the frame, or among `doubled`."""
    skills = frame[["subject", "skill"]].drop_duplicates()
    doubled = {*doubled, *skills.skill[skills.skill.duplicated()]}
    return [
        f"{plain(skill)} ({plain(subject)})" if skill in doubled and subject else plain(skill)
        for subject, skill in zip(frame.subject, frame.skill, strict=True)
    ]


def whiskers(
    at: "pd.Series[float]", low: "pd.Series[float]", high: "pd.Series[float]", colour: str | None = GREY
) -> dict[str, object]:
    """An interval around each point, for `error_x` and `error_y`; colour None: that of the points."""
    return {
        "type": "data", "symmetric": False, "array": high - at, "arrayminus": at - low, "thickness": 1.4,
        "color": colour,
    }  # fmt: skip


def finished(figure: go.Figure, height: int, margin: int = 10) -> go.Figure:
    """The figure in the house's measures; height and side margins in pixels."""
    figure.update_layout(height=height, margin={"l": margin, "r": margin, "t": 30, "b": 40})
    return figure
