"""Charts of training sets (figure 2, leakage, a Skill-Map's audit) and of a training in progress."""

from collections.abc import Collection
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from stat_engine.charts.colours import (
    BLUE,
    GREY,
    ORANGE,
    VERMILION,
    Marks,
    finished,
    skill_names,
    whiskers,
)
from stat_engine.views.text import plain


def against_profile(
    profile: pd.DataFrame, sets: pd.DataFrame, marks: Marks, doubled: Collection[str] = ()
) -> go.Figure:
    """Figure 2: the most missed skills as ranked bars, beside them the share of each set with them.

    `doubled`: skill names that stand for skills of several subjects."""
    rows = profile.iloc[::-1]
    names = skill_names(rows, doubled)
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.09)
    figure.add_bar(
        x=rows.share, y=names, orientation="h", marker_color=VERMILION, name="missing skill", row=1, col=1,
        showlegend=False,
        error_x=whiskers(rows.share, rows.ci_low, rows.ci_high),
        customdata=rows[["n_missing"]],
        hovertemplate="%{y}: missing in %{customdata[0]} questions (%{x:.1%})<extra></extra>",
    )  # fmt: skip
    of = dict(zip(zip(rows.subject, rows.skill, strict=True), names, strict=True))
    for name, part in sets.groupby("set", sort=False):
        own = marks.arm(str(name))  # a set's first arm has its name
        figure.add_scatter(
            x=part.share, y=[of[skill] for skill in zip(part.subject, part.skill, strict=True)],
            mode="markers", name=str(name), row=1, col=2,
            marker={"color": own.colour, "size": 11, "symbol": own.symbol},
            customdata=part[["n", "n_pairs"]],
            hovertemplate="%{y}: %{customdata[0]:,} of %{customdata[1]:,} pairs (%{x:.1%})"
            f"<extra>{name}</extra>",
        )  # fmt: skip
    figure.update_xaxes(tickformat=".0%", rangemode="tozero", nticks=5)
    figure.update_xaxes(title="Difficult questions<br>that miss it, 95%", row=1, col=1)
    figure.update_xaxes(title="Pairs of the set<br>that carry it", row=1, col=2)
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    return finished(figure, height=170 + 30 * len(rows))


def near_copies(found: dict[str, Any]) -> go.Figure:
    """How many questions of a set share how much of their wording with their nearest evaluation question."""
    counts, n = found["histogram"], len(found["histogram"])
    left = [at / n for at in range(n)]
    near = [VERMILION if begin >= found["threshold"] - 1e-9 else BLUE for begin in left]
    figure = go.Figure(
        go.Bar(
            x=[begin + 0.5 / n for begin in left], y=counts, marker_color=near, width=0.9 / n,
            customdata=[[f"{begin:.0%} to {begin + 1 / n:.0%}"] for begin in left],
            hovertemplate="%{customdata[0]}: %{y:,} questions<extra></extra>",
        )
    )  # fmt: skip
    figure.add_vline(x=found["threshold"], line_dash="dot", line_color=GREY)
    figure.update_xaxes(
        title="Wording shared with the nearest evaluation question (dotted: near-copies from here on)",
        tickformat=".0%", range=[0, 1],
    )  # fmt: skip
    figure.update_yaxes(title="Questions of the set")
    return finished(figure, height=300)


def hit_rates(rows: pd.DataFrame) -> go.Figure:
    """One line a subject and direction: shuffled labels, the hit rate with its interval, the ceiling."""
    names = [
        f"{plain(subject) or 'All'}: {_direction(fitted, scored)}"
        for subject, fitted, scored in zip(rows.subject, rows.fitted_on, rows.scored_on, strict=True)
    ]
    figure = go.Figure()
    figure.add_scatter(
        x=rows.shuffled, y=names, mode="markers", name="Shuffled labels (chance)",
        marker={"color": GREY, "symbol": "x", "size": 9},
    )  # fmt: skip
    figure.add_scatter(
        x=rows.hit_rate, y=names, mode="markers", name="Hit rate, 95% interval",
        marker={"color": BLUE, "size": 10},
        error_x=whiskers(rows.hit_rate, rows.ci_low, rows.ci_high, BLUE),
        customdata=rows.n_scored,
        hovertemplate="%{y}<br>%{x:.3f} of %{customdata:,} questions<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=rows.ceiling, y=names, mode="markers", name="Within the split (ceiling)",
        marker={"color": ORANGE, "symbol": "diamond-open", "size": 10, "line": {"width": 2}},
    )  # fmt: skip
    figure.update_xaxes(title="Hit rate (fraction of questions)", range=[0, 1.02])
    figure.update_yaxes(autorange="reversed", title=None)
    figure.update_layout(legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0})
    return finished(figure, 140 + 34 * len(names))


def _direction(fitted: str, scored: str) -> str:
    return f"within {scored}" if fitted == scored else f"{fitted} to {scored}"


SMOOTHED = 10
"""Steps that a smoothed curve is the mean of."""
POINTS = 1000
"""Most points a curve is drawn with: a page is no wider."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
AXES = {"step": "Step", "seconds": "Seconds of training", "n_tokens": "Tokens trained on"}


def losses(
    metrics: pd.DataFrame, marks: Marks, axis: str = "step", is_smooth: bool = True, is_log: bool = False
) -> go.Figure:
    """Training loss of every arm and seed."""
    words = f"mean of {SMOOTHED} steps" if is_smooth else "each step"
    figure = _curves(metrics, marks, "loss", axis, SMOOTHED if is_smooth else 1)
    figure.update_yaxes(
        title=f"Loss (nats a token, {words})",
        type="log" if is_log else "linear",
        rangemode="normal" if is_log else "tozero",
    )
    return figure


def rewards(metrics: pd.DataFrame, marks: Marks, axis: str = "step") -> go.Figure:
    """Mean reward of each batch of answers, of every arm and seed that learns from rewards."""
    figure = _curves(metrics.dropna(subset="reward"), marks, "reward", axis, 1)
    figure.update_yaxes(title="Mean reward of a batch of answers", rangemode="tozero")
    return figure


def learning_rates(metrics: pd.DataFrame, marks: Marks, axis: str = "step") -> go.Figure:
    """Learning rate of every arm and seed."""
    figure = _curves(metrics, marks, "learning_rate", axis, 1)
    figure.update_yaxes(title="Learning rate", rangemode="tozero", exponentformat="power")
    figure.update_layout(showlegend=False)  # the chart of losses beside it has it
    return figure


def _curves(metrics: pd.DataFrame, marks: Marks, column: str, axis: str, window: int) -> go.Figure:
    figure, n_alike = go.Figure(), dict[str, int]()
    for (arm, seed), rows in metrics.dropna(subset=axis).groupby(["arm", "seed"], sort=True):
        colour = marks.arm(str(arm)).colour
        at = n_alike[colour] = n_alike.get(colour, -1) + 1  # seeds, and arms beyond twelve
        every = max(1, len(rows) // POINTS)
        smooth = rows[column].rolling(window, min_periods=1).mean()
        figure.add_scatter(
            x=rows[axis].iloc[::every],
            y=smooth.iloc[::every],
            name=f"{arm}, seed {seed}",
            mode="lines",
            line={"color": colour, "dash": DASHES[at % len(DASHES)], "width": 2},
            hovertemplate="%{y:.4g} at %{x:,.5~g}<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(title=AXES[axis])
    # the same revision every time: a zoom stays while the curves grow
    figure.update_layout(
        uirevision=axis, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}, showlegend=True
    )
    return finished(figure, height=360)
