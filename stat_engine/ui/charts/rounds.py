"""Charts of rounds: accuracies over a chain of runs (figure 3), and how the profile moved."""

from collections.abc import Collection

import pandas as pd
import plotly.graph_objects as go

from stat_engine.ui.charts.arms import shown
from stat_engine.ui.charts.colours import BLUE, GREY, ORANGE, VERMILION, arm_colour, finished, skill_names


def round_bars(accuracies: pd.DataFrame) -> go.Figure:
    """Accuracy of the base and every arm, round by round, with Wilson intervals."""
    figure = go.Figure()
    for arm, rows in accuracies.groupby("arm", sort=False):
        figure.add_bar(
            x=rows.run,
            y=rows.accuracy,
            name=str(arm),
            marker_color=arm_colour(str(arm)),
            error_y={
                "type": "data",
                "symmetric": False,
                "array": rows.ci_high - rows.accuracy,
                "arrayminus": rows.accuracy - rows.ci_low,
                "thickness": 1.2,
            },
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


def drift_dots(drift: pd.DataFrame, doubled: Collection[str] = ()) -> go.Figure:
    """Failure rate of each skill in every round, with exact intervals, in the order of the rows.

    `doubled`: skill names that stand for skills of several subjects."""
    runs = list(dict.fromkeys(drift.run))
    labels = pd.Series([shown(name, 34) for name in skill_names(drift, doubled)], index=drift.index)
    colours = dict(zip(runs, [GREY, VERMILION, ORANGE, BLUE] * len(runs), strict=False))
    figure = go.Figure()
    for run in runs:
        rows = drift[drift.run == run]
        figure.add_scatter(
            x=rows.failure_rate,
            y=labels[rows.index],
            name=run,
            mode="markers",
            marker={"size": 11, "color": colours[run]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": rows.ci_high - rows.failure_rate,
                "arrayminus": rows.failure_rate - rows.ci_low,
                "thickness": 1,
            },
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
