"""Charts of evaluated arms."""

import pandas as pd
import plotly.graph_objects as go

from stat_engine.ui.charts.colours import GREY, arm_colour, finished, gain_scale, skill_names
from stat_engine.ui.text import plain


def arm_dots(rows: list[dict[str, object]]) -> go.Figure:
    """Test accuracy of the base and every arm with Wilson intervals, the best at the top."""
    frame = pd.DataFrame(rows).sort_values("accuracy")
    figure = go.Figure(
        go.Scatter(
            x=frame.accuracy,
            y=frame.arm,
            mode="markers+text",
            text=[f"{value:.3f}" for value in frame.accuracy],
            textposition="top center",
            marker={"size": 13, "color": [arm_colour(str(arm)) for arm in frame.arm]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": frame.ci_high - frame.accuracy,
                "arrayminus": frame.accuracy - frame.ci_low,
                "thickness": 1.5,
                "color": GREY,
            },
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    figure.add_vline(x=frame.set_index("arm").accuracy["base"], line_dash="dot", line_color=GREY)
    figure.update_xaxes(title="Test accuracy (fraction, 95% interval; dotted: the student itself)")
    return finished(figure, height=110 + 52 * len(frame))


def gain_map(by_skill: pd.DataFrame) -> go.Figure:
    """Gain over the base in each skill and arm, as a heat map; the largest mean gain at the top."""
    trained = by_skill[by_skill.arm != "base"].assign(label=lambda frame: skill_names(frame))
    trained = trained.assign(label=trained.label + " · " + trained.n_questions.astype(str))
    grid = trained.pivot_table(index="label", columns="arm", values="gain", sort=False)
    grid = grid.loc[grid.mean(axis=1).sort_values().index]
    figure = go.Figure(
        go.Heatmap(
            z=grid.to_numpy(),
            x=list(grid.columns),
            y=list(grid.index),
            colorscale=gain_scale(),
            zmid=0,
            texttemplate="%{z:+.2f}",
            colorbar={"title": "Gain", "thickness": 12},
            hovertemplate="%{y}, %{x}: %{z:+.3f}<extra></extra>",
        )
    )
    return finished(figure, height=90 + 24 * len(grid))


def subject_radar(by_subject: pd.DataFrame) -> go.Figure:
    """Accuracy of every arm in each subject around a circle."""
    figure = go.Figure()
    for arm, rows in by_subject.groupby("arm", sort=False):
        names = [plain(subject) for subject in rows.subject]
        figure.add_scatterpolar(
            r=[*rows.accuracy, *rows.accuracy[:1]],
            theta=[*names, *names[:1]],
            name=str(arm),
            line_color=arm_colour(str(arm)),
            hovertemplate="%{theta}: %{r:.3f}<extra></extra>",
        )
    figure.update_layout(polar={"radialaxis": {"range": [0, 1]}}, legend={"orientation": "h", "y": -0.15})
    return finished(figure, height=430, margin=120)
