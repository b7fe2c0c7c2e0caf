"""Charts of a training in progress: loss, reward, learning rate."""

import pandas as pd
import plotly.graph_objects as go

from stat_engine.charts.colours import ARM_COLOURS, arm_colour, finished

SMOOTHED = 10
"""Steps that a smoothed curve is the mean of."""
POINTS = 1000
"""Most points a curve is drawn with: a page is no wider."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
AXES = {"step": "Step", "seconds": "Seconds of training", "n_tokens": "Tokens trained on"}


def losses(
    metrics: pd.DataFrame, axis: str = "step", is_smooth: bool = True, is_log: bool = False
) -> go.Figure:
    """Training loss of every arm and seed."""
    words = f"mean of {SMOOTHED} steps" if is_smooth else "each step"
    figure = _curves(metrics, "loss", axis, SMOOTHED if is_smooth else 1)
    figure.update_yaxes(
        title=f"Loss (nats a token, {words})",
        type="log" if is_log else "linear",
        rangemode="normal" if is_log else "tozero",
    )
    return figure


def rewards(metrics: pd.DataFrame, axis: str = "step") -> go.Figure:
    """Mean reward of each batch of answers, of every arm and seed that learns from rewards."""
    figure = _curves(metrics.dropna(subset="reward"), "reward", axis, 1)
    figure.update_yaxes(title="Mean reward of a batch of answers", rangemode="tozero")
    return figure


def learning_rates(metrics: pd.DataFrame, axis: str = "step") -> go.Figure:
    """Learning rate of every arm and seed."""
    figure = _curves(metrics, "learning_rate", axis, 1)
    figure.update_yaxes(title="Learning rate", rangemode="tozero", exponentformat="power")
    figure.update_layout(showlegend=False)  # the chart of losses beside it has it
    return figure


def _curves(metrics: pd.DataFrame, column: str, axis: str, window: int) -> go.Figure:
    figure, n_alike = go.Figure(), dict[str, int]()
    for (arm, seed), rows in metrics.dropna(subset=axis).groupby(["arm", "seed"], sort=True):
        colour = _colour(str(arm))
        at = n_alike[colour] = n_alike.get(colour, -1) + 1
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
    figure.update_layout(uirevision=axis, legend={"orientation": "h", "y": -0.25}, showlegend=True)
    return finished(figure, height=360)


def _colour(arm: str) -> str:
    """A variant, as in stat-sel-long, has the colour of the arm it is named after."""
    named = [name for name in ARM_COLOURS if arm.startswith(name)]
    return arm_colour(max(named, key=len) if named else arm)
