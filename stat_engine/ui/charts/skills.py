"""Charts of the Missing-Skill-Profile.

A point's custom data begins with subject and skill, which is what a click on it chooses. Names are
escaped, because Plotly reads some markup. `doubled`: skill names that stand for skills of several subjects,
which a chart of some of the skills cannot know by itself."""

import html
import textwrap
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from stat_engine.ui.charts.colours import BLUE, GREY, HUMAN, VERMILION, finished, skill_names
from stat_engine.ui.text import plain

FEWEST_AXES = 3
"""A circle of fewer axes shows no shape."""
FADED = 0.7
"""Opacity under which an interval is seen on its bar, on light and dark ground."""
LINES = {"gridcolor": "rgba(122,122,122,0.4)", "linecolor": GREY}
ON_TOP: dict[str, Any] = {"orientation": "h", "y": 1, "yanchor": "bottom"}


def ranked_bars(profile: pd.DataFrame, doubled: Collection[str] = ()) -> go.Figure:
    """Failure rate of each skill with its 95% interval, most missed at the top.

    With the columns of the correction for teacher error, the corrected rate stands below it."""
    rows = profile.iloc[::-1]
    named = zip(skill_names(rows, doubled), rows.n_missing, rows.n_questions, strict=True)
    ticks = [f"{wrapped(name)} · {k:,}/{n:,}" for name, k, n in named]
    is_corrected = "corrected_rate" in rows
    figure = go.Figure()
    if is_corrected:  # first, because bars of one name are stacked upwards
        figure.add_bar(
            x=rows.corrected_rate, y=ticks, orientation="h", name="corrected for teacher error",
            marker={"color": HUMAN, "opacity": FADED}, customdata=rows[["subject", "skill"]],
            error_x=whiskers(rows.corrected_rate, rows.corrected_low, rows.corrected_high),
            hovertemplate="corrected: %{x:.3f}<extra></extra>",
        )  # fmt: skip
    figure.add_bar(
        x=rows.failure_rate, y=ticks, orientation="h", name="as labelled",
        marker={"color": VERMILION, "opacity": FADED},
        error_x=whiskers(rows.failure_rate, rows.ci_low, rows.ci_high),
        customdata=rows[["subject", "skill", "n_missing", "n_questions"]],
        hovertemplate="missing in %{customdata[2]} of %{customdata[3]}: %{x:.3f}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(showlegend=is_corrected, legend=ON_TOP | {"traceorder": "reversed"})
    figure.update_xaxes(title="Failure rate (fraction, 95% interval)", range=[0, 1.02])
    return _readable(figure, ticks, row_height=42 if is_corrected else 28)


def radar(
    profile: pd.DataFrame, names: Sequence[str] = ("this run",), doubled: Collection[str] = ()
) -> go.Figure:
    """Failure rate of each skill around a circle; with `other_failure_rate`, a second run's in grey."""
    axes = [wrapped(name, 18) for name in skill_names(profile, doubled)]
    is_pair = "other_failure_rate" in profile
    angle = _emptiest(profile[["failure_rate", *(["other_failure_rate"] if is_pair else [])]])
    figure = go.Figure()
    if is_pair:
        _add_round(figure, axes, profile.other_failure_rate, names[1], GREY)
    _add_round(figure, axes, profile.failure_rate, names[0], VERMILION)
    figure.update_layout(
        showlegend=is_pair,
        legend={"orientation": "h", "y": -0.15, "x": 0.5, "xanchor": "center"},
        polar={
            "bgcolor": "rgba(0,0,0,0)",
            "angularaxis": {"rotation": 90, "direction": "clockwise", "tickfont": {"size": 11}} | LINES,
            "radialaxis": {"range": [0, 1], "tickvals": [0.25, 0.5, 0.75, 1], "tickfont": {"size": 10},
                           "angle": angle, "tickangle": angle} | LINES,  # so the numbers stand upright
        },
    )  # fmt: skip
    return finished(figure, height=430, margin=110).update_layout(margin={"t": 50, "b": 50})


def _emptiest(rates: pd.DataFrame) -> float:
    """Degrees between the neighbours of the lowest rates on the circle, where a scale crosses no shape."""
    highest = rates.fillna(0).max(axis=1).to_numpy()
    between = np.maximum(highest, np.roll(highest, -1))
    return float(90 - 360 * (int(between.argmin()) + 0.5) / len(highest))


def subject_bars(by_subject: pd.DataFrame) -> go.Figure:
    """Share of each subject's questions that lack a skill, with its 95% interval."""
    rows = by_subject.iloc[::-1]
    named = zip(rows.subject, rows.n_lacking, rows.n_questions, strict=True)
    ticks = [f"{wrapped(plain(name) or 'All')} · {k:,}/{n:,}" for name, k, n in named]
    figure = go.Figure(
        go.Bar(
            x=rows["share"], y=ticks, orientation="h", marker={"color": VERMILION, "opacity": FADED},
            error_x=whiskers(rows["share"], rows.ci_low, rows.ci_high), customdata=rows[["subject"]],
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Questions that lack a skill (fraction, 95% interval)", range=[0, 1.02])
    return _readable(figure, ticks)


def paired_rates(against: pd.DataFrame, ours: str, theirs: str, doubled: Collection[str] = ()) -> go.Figure:
    """Two runs' failure rates a skill, and beside them the difference; all with 95% intervals."""
    rows = against.iloc[::-1]
    counts = rows[["n_missing", "n_questions", "other_n_missing", "other_n_questions"]].to_numpy()
    names = [wrapped(name, 26) for name in skill_names(rows, doubled)]
    ticks = [f"{name}<br>{k}/{n} and {i}/{m}" for name, (k, n, i, m) in zip(names, counts, strict=True)]
    places = np.arange(len(rows))
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.06, column_widths=[0.55, 0.45])
    for run, prefix, colour, symbol in ((ours, "", VERMILION, "circle"), (theirs, "other_", GREY, "square")):
        rate = rows[f"{prefix}failure_rate"]
        figure.add_scatter(
            x=rate, y=places + (0.15 if run == ours else -0.15), mode="markers", name=run, row=1, col=1,
            marker={"color": colour, "size": 9, "symbol": symbol},
            error_x=whiskers(rate, rows[f"{prefix}ci_low"], rows[f"{prefix}ci_high"], colour),
            customdata=rows[["subject", "skill", f"{prefix}n_missing", f"{prefix}n_questions"]],
            hovertemplate=f"{run}: %{{customdata[2]}} of %{{customdata[3]}}, %{{x:.3f}}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=rows.difference, y=places, mode="markers", marker={"color": BLUE, "size": 9, "symbol": "diamond"},
        error_x=whiskers(rows.difference, rows.difference_low, rows.difference_high, BLUE), row=1, col=2,
        customdata=rows[["subject", "skill"]], hovertemplate="%{x:+.3f}<extra></extra>", showlegend=False,
    )  # fmt: skip
    figure.add_vline(x=0, line_dash="dot", line_color=GREY, col=2)
    figure.update_xaxes(title="Failure rate", range=[-0.03, 1.03], col=1)
    figure.update_xaxes(title="Difference", range=[-1.05, 1.05], tickvals=[-1, 0, 1], col=2)
    figure.update_yaxes(tickvals=places, ticktext=ticks, range=[-0.6, len(rows) - 0.4])
    figure.update_layout(legend=ON_TOP)
    return _readable(figure, ticks, row_height=30)


def wrapped(name: str, width: int = 30) -> str:
    """A name escaped and broken into lines, so that a chart's margin holds it."""
    return "<br>".join(html.escape(line, quote=False) for line in textwrap.wrap(name, width))


def whiskers(
    at: "pd.Series[float]", low: "pd.Series[float]", high: "pd.Series[float]", colour: str = GREY
) -> dict[str, object]:
    """An interval around each point."""
    return {
        "type": "data", "symmetric": False, "array": high - at, "arrayminus": at - low, "thickness": 1.4,
        "color": colour,
    }  # fmt: skip


def _add_round(
    figure: go.Figure, axes: Sequence[str], rates: "pd.Series[float]", name: str, colour: str
) -> None:
    figure.add_scatterpolar(
        r=[*rates, *rates[:1]], theta=[*axes, *axes[:1]], fill="toself", name=name, line_color=colour,
        opacity=0.75, hovertemplate="%{theta}: %{r:.3f}<extra></extra>",
    )  # fmt: skip


def _readable(figure: go.Figure, ticks: Sequence[str], row_height: int = 28) -> go.Figure:
    """Tall enough for every line of its labels."""
    lines = sum(max(1.0, 0.62 * (1 + tick.count("<br>"))) for tick in ticks)
    figure.update_yaxes(automargin=True)
    room = {"margin": {"t": 40}}  # for a legend, and for the toolbar, which else takes the first bar's clicks
    return finished(figure, height=int(110 + row_height * lines)).update_layout(room)
