"""The audit of a Skill-Map: how far its labels can be learnt, between what chance and its own split give."""

import pandas as pd
import plotly.graph_objects as go

from stat_engine.ui.charts.colours import BLUE, GREY, ORANGE, finished
from stat_engine.ui.text import plain


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
        error_x={
            "type": "data", "array": rows.ci_high - rows.hit_rate, "arrayminus": rows.hit_rate - rows.ci_low,
            "color": BLUE, "thickness": 1.5,
        },
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
