"""Charts of training as it goes."""

import pandas as pd
import plotly.graph_objects as go

from stat_engine.ui.charts.colours import arm_colour, finished


def losses(metrics: pd.DataFrame) -> go.Figure:
    """Training loss by step of every arm and seed."""
    figure = go.Figure()
    for (arm, seed), rows in metrics.groupby(["arm", "seed"], sort=True):
        figure.add_scatter(
            x=rows.step,
            y=rows.loss.rolling(10, min_periods=1).mean(),
            name=f"{arm}, seed {seed}",
            mode="lines",
            line_color=arm_colour(str(arm)),
        )
    figure.update_xaxes(title="Step")
    figure.update_yaxes(title="Training loss (nats a token, mean of 10 steps)", rangemode="tozero")
    return finished(figure, height=320)
