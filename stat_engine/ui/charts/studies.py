"""Charts of studies: every arm at every value of what is varied, and a grid over both thresholds."""

import pandas as pd
import plotly.graph_objects as go

from stat_engine.ui.charts.colours import BLUE, GREY, arm_colour, finished, neutral

BETWEEN = 0.16
"""Of a step of the axis: how far the arms at one value stand apart, so that no interval hides another."""


def study_figure(rows: pd.DataFrame, varied: str) -> go.Figure:
    """The figure that fits what is varied: a grid over two thresholds, arms at one value, or over several.

    `rows` as `views.studies.table` gives them."""
    values = list(dict.fromkeys(rows.value))
    if len(values) == 1:
        return arm_gains(rows)
    if all(isinstance(value, str) and " / " in value for value in values):
        return threshold_grid(rows)
    return over_values(rows, varied)


def arm_gains(rows: pd.DataFrame) -> go.Figure:
    """Every arm's gain over the student with its interval, the best at the top."""
    frame = rows[rows.arm != "base"].sort_values("gain")
    figure = go.Figure(
        go.Scatter(
            x=frame.gain,
            y=frame.arm,
            mode="markers+text",
            texttemplate="%{x:+.3f}",
            textposition="top center",
            cliponaxis=False,
            marker={"size": 11, "color": [arm_colour(str(arm)) for arm in frame.arm]},
            error_x=_bars(frame, "gain", "gain_low", "gain_high"),
            customdata=frame[["gain_low", "gain_high", "accuracy", "lowest", "highest", "n_trainings"]],
            hovertemplate=(
                "%{y}: %{x:+.3f} (%{customdata[0]:+.3f} to %{customdata[1]:+.3f})<br>accuracy "
                "%{customdata[2]:.3f}, single trainings %{customdata[3]:.3f} to %{customdata[4]:.3f} "
                "(%{customdata[5]})<extra></extra>"
            ),
        )
    )
    figure.add_vline(x=0, line_dash="dot", line_color=GREY)
    figure.update_xaxes(title="Gain over the student (fraction, paired 95% interval over questions)")
    return finished(figure, height=110 + 44 * len(frame))


def over_values(rows: pd.DataFrame, varied: str) -> go.Figure:
    """Accuracy of every arm at every value, in their order, with Wilson intervals; numbers stand evenly."""
    values = list(dict.fromkeys(rows.value))
    arms = list(dict.fromkeys(rows.arm))
    figure = go.Figure()
    for at, arm in enumerate(arms):
        part = rows[rows.arm == arm]
        shift = BETWEEN * (at - (len(arms) - 1) / 2) / max(1, len(arms) - 1)
        figure.add_scatter(
            x=[values.index(value) + shift for value in part.value],
            y=part.accuracy,
            name=str(arm),
            # a line between filters or vocabularies would say that something lies between them
            mode="lines+markers" if all(isinstance(value, float | int) for value in values) else "markers",
            line={"color": arm_colour(str(arm)), "dash": "dot" if arm == "base" else "solid"},
            marker={"size": 9, "color": arm_colour(str(arm))},
            error_y=_bars(part, "accuracy", "ci_low", "ci_high"),
            customdata=part[["value", "ci_low", "ci_high", "n_trainings"]],
            hovertemplate=(
                "%{fullData.name}, %{customdata[0]}: %{y:.3f} (%{customdata[1]:.3f} to %{customdata[2]:.3f}, "
                "%{customdata[3]} trainings)<extra></extra>"
            ),
        )
    figure.update_xaxes(
        title=f"{varied[:1].upper()}{varied[1:]}",
        tickvals=list(range(len(values))),
        ticktext=[f"{value:g}" if isinstance(value, float | int) else str(value) for value in values],
    )
    figure.update_yaxes(title="Accuracy (fraction, 95% interval)")
    figure.update_layout(legend={"orientation": "h", "y": 1.12, "x": 0})
    return finished(figure, height=420)


def threshold_grid(rows: pd.DataFrame) -> go.Figure:
    """Accuracy of the first trained arm at every pair of thresholds (table 9)."""
    arm = next(arm for arm in rows.arm if arm != "base")
    part = rows[rows.arm == arm]
    pairs = part.value.str.split(" / ", expand=True)
    grid = part.assign(tau1=pairs[0], tau2=pairs[1]).pivot(index="tau1", columns="tau2", values="accuracy")
    figure = go.Figure(
        go.Heatmap(
            x=[f"τ2 = {value}" for value in grid.columns],
            y=[f"τ1 = {value}" for value in grid.index],
            z=grid.to_numpy(),
            text=[["" if cell != cell else f"{cell:.3f}" for cell in row] for row in grid.to_numpy()],
            texttemplate="%{text}",
            colorscale=[[0, neutral()], [1, BLUE]],
            colorbar={"title": f"{arm}<br>accuracy", "thickness": 12},
            xgap=2,
            ygap=2,
            hovertemplate="%{y}, %{x}: %{z:.3f}<extra></extra>",
        )
    )
    return finished(figure, height=320)


def _bars(frame: pd.DataFrame, middle: str, low: str, high: str) -> dict[str, object]:
    return {
        "type": "data",
        "symmetric": False,
        "array": frame[high] - frame[middle],
        "arrayminus": frame[middle] - frame[low],
        "thickness": 1.3,
        "color": GREY if middle == "gain" else None,
    }
