"""Charts of studies and of rounds: arms by varied value, thresholds, accuracy by round (figure 3)."""

from collections.abc import Collection

import pandas as pd
import plotly.graph_objects as go

from stat_engine.charts.arms import beside, shown
from stat_engine.charts.colours import (
    BLUE,
    GREY,
    Marks,
    finished,
    neutral,
    skill_names,
    unsigned_zero,
    whiskers,
)

BETWEEN = 0.16
"""Of a step of the axis: how far the arms at one value stand apart, so that no interval hides another."""


def study_figure(rows: pd.DataFrame, varied: str, marks: Marks) -> go.Figure:
    """The figure that fits what is varied: a grid over two thresholds, arms at one value, or over several.

    `rows` as `views.studies.table` gives them."""
    values = list(dict.fromkeys(rows.value))
    if len(values) == 1:
        return arm_gains(rows, marks)
    if all(isinstance(value, str) and " / " in value for value in values):
        return threshold_grid(rows)
    return over_values(rows, varied, marks)


def arm_gains(rows: pd.DataFrame, marks: Marks) -> go.Figure:
    """Every arm's gain over the student with its interval, the best at the top."""
    frame = rows[rows.arm != "base"].sort_values("gain")
    figure = go.Figure(
        go.Scatter(
            x=frame.gain,
            y=frame.arm,
            mode="markers+text",
            text=[f"{gain:+z.3f}" for gain in frame.gain],
            textposition=beside(frame.gain, 0.0),
            cliponaxis=False,
            marker=marks.markers(frame.arm, 11),
            error_x=whiskers(frame.gain, frame.gain_low, frame.gain_high),
            customdata=frame[
                ["gain_low", "gain_high", "accuracy", "lowest", "highest", "n_trainings"]
            ].assign(gain_low=unsigned_zero(frame.gain_low), gain_high=unsigned_zero(frame.gain_high)),
            hovertemplate=(
                "%{y}: %{text} (%{customdata[0]:+.3f} to %{customdata[1]:+.3f})<br>accuracy "
                "%{customdata[2]:.3f}, single trainings %{customdata[3]:.3f} to %{customdata[4]:.3f} "
                "(%{customdata[5]})<extra></extra>"
            ),
        )
    )
    figure.add_vline(x=0, line_dash="dot", line_color=GREY)
    figure.update_xaxes(title="Gain over the student (fraction, paired 95% interval over questions)")
    return finished(figure, height=110 + 44 * len(frame))


def over_values(rows: pd.DataFrame, varied: str, marks: Marks) -> go.Figure:
    """Accuracy of every arm at every value, in their order, with Wilson intervals; numbers stand evenly."""
    values = list(dict.fromkeys(rows.value))
    arms = list(dict.fromkeys(rows.arm))
    figure = go.Figure()
    for at, arm in enumerate(arms):
        part, own = rows[rows.arm == arm], marks.arm(str(arm))
        shift = BETWEEN * (at - (len(arms) - 1) / 2) / max(1, len(arms) - 1)
        figure.add_scatter(
            x=[values.index(value) + shift for value in part.value],
            y=part.accuracy,
            name=str(arm),
            # a line between filters or vocabularies would say that something lies between them
            mode="lines+markers" if all(isinstance(value, float | int) for value in values) else "markers",
            line={"color": own.colour, "dash": own.dash},
            marker={"size": 9, "color": own.colour, "symbol": own.symbol},
            error_y=whiskers(part.accuracy, part.ci_low, part.ci_high, None),
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


def round_bars(accuracies: pd.DataFrame, marks: Marks) -> go.Figure:
    """Accuracy of the base and every arm, round by round, with Wilson intervals."""
    figure = go.Figure()
    for arm, rows in accuracies.groupby("arm", sort=False):
        figure.add_bar(
            x=rows.run,
            y=rows.accuracy,
            name=str(arm),
            marker_color=marks.arm(str(arm)).colour,
            error_y=whiskers(rows.accuracy, rows.ci_low, rows.ci_high, None),
            customdata=rows[["n_questions", "benchmark"]],
            hovertemplate=(
                "%{x}, %{fullData.name}: %{y:.3f}<br>n = %{customdata[0]} %{customdata[1]} questions"
                "<extra></extra>"
            ),
        )
    figure.update_layout(barmode="group", legend={"orientation": "h", "y": -0.2})
    figure.update_xaxes(title="Round (run)", type="category")
    figure.update_yaxes(title="Accuracy (fraction, 95% interval)", range=[0, 1])
    return finished(figure, height=380)


def drift_dots(drift: pd.DataFrame, marks: Marks, doubled: Collection[str] = ()) -> go.Figure:
    """Failure rate of each skill in every round, with exact intervals, in the order of the rows.

    `doubled`: skill names that stand for skills of several subjects."""
    runs = list(dict.fromkeys(drift.run))
    labels = pd.Series([shown(name, 34) for name in skill_names(drift, doubled)], index=drift.index)
    figure = go.Figure()
    for run in runs:
        rows = drift[drift.run == run]
        figure.add_scatter(
            x=rows.failure_rate,
            y=labels[rows.index],
            name=run,
            mode="markers",
            marker={"size": 11, "color": marks.run(run).colour, "symbol": marks.run(run).symbol},
            error_x=whiskers(rows.failure_rate, rows.ci_low, rows.ci_high, None),
            customdata=rows[["n_missing", "n_questions"]],
            hovertemplate=(
                "%{y}, %{fullData.name}: %{x:.2f}<br>missing in %{customdata[0]} of %{customdata[1]} "
                "questions<extra></extra>"
            ),
        )
    figure.update_layout(scattermode="group", legend={"orientation": "h", "y": 1.08})
    figure.update_xaxes(title="Failure rate (fraction, 95% interval)", range=[0, 1])
    figure.update_yaxes(autorange="reversed")
    return finished(
        figure, height=120 + 22 * (len(runs) + 1) * drift[["subject", "skill"]].drop_duplicates().shape[0]
    )
