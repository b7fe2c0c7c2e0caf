"""What is missed against what the training pool trains (paper, figure 2), a point a skill."""

import html
import textwrap
from collections.abc import Collection

import pandas as pd
import plotly.graph_objects as go

from stat_engine.ui.charts.colours import BLUE, GREY, VERMILION, finished, skill_names
from stat_engine.ui.charts.skills import ON_TOP, whiskers, wrapped

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
