"""Charts of the Missing-Skill-Profile, alone and against the training pool (paper, figure 2).

A point's custom data begins with subject and skill, which a click on it chooses. Names are escaped,
because Plotly reads some markup. `doubled`: skill names that belong to several subjects, which a chart of
some of the skills cannot know."""

import html
import textwrap
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from stat_engine.charts.colours import (
    BLUE,
    GREY,
    HUMAN,
    VERMILION,
    Marks,
    finished,
    skill_names,
    unsigned_zero,
    whiskers,
)
from stat_engine.views.profile import QUANTITIES, Quantity
from stat_engine.views.text import plain

FEWEST_AXES = 3
"""A circle of fewer axes shows no shape."""
FADED = 0.7
"""Opacity under which an interval is seen on its bar, on light and dark ground."""
LINES = {"gridcolor": "rgba(122,122,122,0.4)", "linecolor": GREY}
ON_TOP: dict[str, Any] = {"orientation": "h", "y": 1, "yanchor": "bottom"}


AXES: dict[Quantity, str] = {
    "count": "Questions that lack the skill",
    "rate": "Failure rate (fraction, 95% interval)",
    "lower bound": "Lower end of the failure rate's 95% interval (fraction)",
    "gain": "Accuracy to be gained at most (fraction)",
}
"""What the bars show, as their axis says."""


def ranked_bars(
    profile: pd.DataFrame, doubled: Collection[str] = (), quantity: Quantity = "rate"
) -> go.Figure:
    """One quantity of each skill as bars, in the order of the rows from the top.

    Failure rates have their 95% intervals, and with the columns of the correction for teacher error the
    corrected rate stands below."""
    if quantity != "rate":
        return _bars(profile.iloc[::-1], doubled, quantity)
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
    figure.update_xaxes(title=AXES[quantity], range=[0, 1.02])
    return _readable(figure, ticks, row_height=42 if is_corrected else 28)


def _bars(rows: pd.DataFrame, doubled: Collection[str], quantity: Quantity) -> go.Figure:
    named = zip(skill_names(rows, doubled), rows.n_missing, rows.n_questions, strict=True)
    ticks = [f"{wrapped(name)} · {k:,}/{n:,}" for name, k, n in named]
    figure = go.Figure(
        go.Bar(
            x=rows[QUANTITIES[quantity]], y=ticks, orientation="h",
            marker={"color": VERMILION, "opacity": FADED}, customdata=rows[["subject", "skill"]],
            hovertemplate="%{y}: %{x:,.3~f}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title=AXES[quantity], rangemode="tozero")
    return _readable(figure, ticks)


def radar(
    profile: pd.DataFrame, names: Sequence[str], marks: Marks, doubled: Collection[str] = ()
) -> go.Figure:
    """Failure rate of each skill around a circle; with `other_failure_rate`, a second run's too.

    `names`: of the run, or of both."""
    axes = [wrapped(name, 18) for name in skill_names(profile, doubled)]
    is_pair = "other_failure_rate" in profile
    angle = _emptiest(profile[["failure_rate", *(["other_failure_rate"] if is_pair else [])]])
    figure = go.Figure()
    if is_pair:
        _add_round(figure, axes, profile.other_failure_rate, names[1], marks.run(names[1]).colour)
    _add_round(
        figure, axes, profile.failure_rate, names[0], marks.run(names[0]).colour if is_pair else VERMILION
    )
    figure.update_layout(
        showlegend=is_pair,
        legend={"orientation": "h", "y": -0.15, "x": 0.5, "xanchor": "center"},
        title={"text": "Radial axis: failure rate (fraction)", "font": {"size": 13}, "x": 0.5,
               "xanchor": "center"},
        polar={
            "bgcolor": "rgba(0,0,0,0)",
            "angularaxis": {"rotation": 90, "direction": "clockwise", "tickfont": {"size": 11}} | LINES,
            "radialaxis": {"range": [0, 1], "tickvals": [0.25, 0.5, 0.75, 1], "tickfont": {"size": 10},
                           "angle": angle, "tickangle": angle} | LINES,  # so the numbers stand upright
        },
    )  # fmt: skip
    return finished(figure, height=430, margin=110).update_layout(margin={"t": 80, "b": 50})


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


def paired_rates(
    against: pd.DataFrame, ours: str, theirs: str, marks: Marks, doubled: Collection[str] = ()
) -> go.Figure:
    """Two runs' failure rates a skill, and beside them the difference; all with 95% intervals."""
    rows = against.iloc[::-1]
    counts = rows[["n_missing", "n_questions", "other_n_missing", "other_n_questions"]].to_numpy()
    names = [wrapped(name, 26) for name in skill_names(rows, doubled)]
    ticks = [f"{name}<br>{k}/{n} and {i}/{m}" for name, (k, n, i, m) in zip(names, counts, strict=True)]
    places = np.arange(len(rows))
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.06, column_widths=[0.55, 0.45])
    for run, prefix in ((ours, ""), (theirs, "other_")):
        colour, symbol, _ = marks.run(run)
        rate = rows[f"{prefix}failure_rate"]
        figure.add_scatter(
            x=rate, y=places + (0.15 if run == ours else -0.15), mode="markers", name=run, row=1, col=1,
            marker={"color": colour, "size": 9, "symbol": symbol},
            error_x=whiskers(rate, rows[f"{prefix}ci_low"], rows[f"{prefix}ci_high"], colour),
            customdata=rows[["subject", "skill", f"{prefix}n_missing", f"{prefix}n_questions"]],
            hovertemplate=f"{run}: %{{customdata[2]}} of %{{customdata[3]}}, %{{x:.3f}}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=unsigned_zero(rows.difference), y=places, mode="markers",
        marker={"color": GREY, "size": 9, "symbol": "line-ns-open"},
        error_x=whiskers(rows.difference, rows.difference_low, rows.difference_high, GREY), row=1, col=2,
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


NAME_HEIGHT = 0.04
"""Of the chart's height; names nearer than this lie over each other. Hovering names every point."""
HOVER = ["subject", "skill", "n_missing", "n_questions", "missed_share", "n_pool", "n_pool_questions", "pool_share"]  # fmt: skip # noqa: E501
HOVERED = (
    "%{hovertext}<br>missing in %{customdata[2]} of %{customdata[3]} questions, %{customdata[4]:.1%} of all "
    "missing skills<br>carried by %{customdata[5]} of %{customdata[6]} pool questions, %{customdata[7]:.1%} "
    "of all carried skills<extra></extra>"
)


def scatter(misfit: pd.DataFrame, measure: str, doubled: Collection[str] = ()) -> go.Figure:
    """`missed_share` against the pool's share, with the line on which both are equal; or `failure_rate`
    against the share of pool questions, with the rate over all skills. `doubled`: skill names that stand for
    skills of several subjects."""
    is_share = measure == "missed_share"
    rows = misfit.assign(
        x=misfit.pool_share if is_share else misfit.pool_rate,
        y=misfit[measure],
        name=skill_names(misfit, doubled),
    )
    is_above, is_below = rows.gap_low > 0, rows.gap_high < 0
    figure = go.Figure()
    _add(figure, rows[~is_above & ~is_below], "no clear difference", GREY, is_share)
    _add(figure, rows[is_below], "trained more than missed", BLUE, is_share)
    _add(figure, rows[is_above], "missed more than trained", VERMILION, is_share)
    figure.update_layout(legend=ON_TOP)
    return finished(_scaled(figure, rows, is_share), height=520)


def _add(figure: go.Figure, rows: pd.DataFrame, name: str, colour: str, is_share: bool) -> None:
    if rows.empty:
        return
    figure.add_scatter(
        x=rows.x, y=rows.y, mode="markers+text", name=name, textposition="middle right",
        text=_names(rows) if colour == VERMILION else None, textfont={"size": 11},
        marker={"color": colour, "size": 10},
        hovertext=[wrapped(skill, 60) for skill in rows.name], customdata=rows[HOVER], hovertemplate=HOVERED,
        error_y=None if is_share else whiskers(rows.failure_rate, rows.ci_low, rows.ci_high, colour),
    )  # fmt: skip


def _names(rows: pd.DataFrame) -> list[str]:
    """A name for each point that no other name is near to; points on one place share theirs."""
    least, taken, texts = NAME_HEIGHT * float(rows.y.max()), list[float](), dict[object, str]()
    for _, at_one in rows.sort_values("y", ascending=False).groupby(["x", "y"], sort=False):
        y = float(at_one.y.iloc[0])
        if all(abs(y - other) >= least for other in taken):
            taken.append(y)
            names = [textwrap.shorten(skill, 34, placeholder="…") for skill in at_one.name[:2]]
            more = f" and {len(at_one) - 2} more" if len(at_one) > 2 else ""
            texts[at_one.index[0]] = html.escape("  " + ", ".join(names) + more, quote=False)
    return [texts.get(at, "") for at in rows.index]


def _scaled(figure: go.Figure, rows: pd.DataFrame, is_share: bool) -> go.Figure:
    n_pool, n_missed = f"{rows.n_pool_questions.max():,}", int(rows.n_missing.sum())
    reach = float(rows.x.max())
    if is_share:
        top = float(rows.y.max())
        figure.add_scatter(
            x=[0, max(reach, top)], y=[0, max(reach, top)], mode="lines", hoverinfo="skip",
            line={"dash": "dot", "color": GREY}, name="missed as often as trained",
        )  # fmt: skip
        figure.update_xaxes(title=f"Share of the skills that {n_pool} pool questions carry (fraction)")
        figure.update_yaxes(title=f"Share of {n_missed:,} missing skills (fraction)")
    else:
        top, rate = 1.0, n_missed / max(1, int(rows.n_questions.sum()))
        figure.add_hline(y=rate, line_dash="dot", line_color=GREY)
        figure.update_xaxes(title=f"Share of {n_pool} pool questions that carry the skill (fraction)")
        figure.update_yaxes(title="Failure rate (fraction, 95% interval)")
    figure.update_xaxes(range=[-0.04 * reach, 1.3 * reach])
    figure.update_yaxes(range=[-0.06 * top, 1.12 * top])
    return figure
