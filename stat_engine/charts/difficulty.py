"""Charts of stage 1: what the reward filter flags, and its quality for all pairs of thresholds."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from stat_engine.charts.colours import BLUE, GREY, ORANGE, VERMILION, finished, neutral
from stat_engine.method.difficulty import SubjectCounts
from stat_engine.stats import wilson
from stat_engine.views.text import plain

Point = tuple[float, float]
"""(tau1, tau2)"""


def share_by_subject(by_subject: Mapping[str, SubjectCounts]) -> go.Figure:
    """Share of each subject's questions that are difficult, with Wilson intervals (the paper's table 12)."""
    counts = [(row["n_difficult"], row["n_questions"]) for row in by_subject.values()]
    all_of_them = (sum(k for k, _ in counts), sum(n for _, n in counts))
    named = [plain(subject) for subject in by_subject]
    if named != [""]:
        counts.append(all_of_them)
    names = [
        f"{name or 'All'} · {k:,} of {n:,}" for name, (k, n) in zip([*named, "All"], counts, strict=False)
    ]
    shares = [k / n for k, n in counts]
    bounds = [wilson(k, n) for k, n in counts]
    figure = go.Figure(
        go.Bar(
            y=names,
            x=shares,
            orientation="h",
            marker_color=[VERMILION] * len(by_subject) + [GREY] * (len(counts) - len(by_subject)),
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - share for share, (_, high) in zip(shares, bounds, strict=True)],
                "arrayminus": [share - low for share, (low, _) in zip(shares, bounds, strict=True)],
                "thickness": 1.2,
                "color": GREY,
            },
            customdata=[*by_subject, "All"][: len(counts)],
            hovertemplate="%{y} difficult: %{x:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(title="Difficult questions (fraction, 95% interval)", range=[0, 1])
    figure.update_yaxes(autorange="reversed")
    return finished(figure, height=100 + 32 * len(names))


def threshold_map(
    grid: pd.DataFrame, measure: str, now: tuple[float, float], own: tuple[float, float]
) -> go.Figure:
    """A measure over all pairs of thresholds, 0 switched off; the point now in force and the saved one."""
    cells = grid.pivot(index="tau1", columns="tau2", values=measure)
    name = "F1" if measure == "f1" else plain(measure)
    figure = go.Figure(
        go.Heatmap(
            x=cells.columns,
            y=cells.index,
            z=cells.to_numpy(),
            colorscale=[[0, neutral()], [1, BLUE]],
            zmin=grid[measure].quantile(0.05),  # else the corner where nothing is difficult takes the scale
            zmax=grid[measure].max(),
            colorbar={"title": name, "thickness": 12},
            hovertemplate="τ1 %{y:g}, τ2 %{x:g}: %{z:.3f}<extra></extra>",
        )
    )
    points: dict[str, tuple[Point, str, int, str]] = {
        "saved": (own, "circle-open", 20, VERMILION),  # around the other where both are one point
        "now": (now, "x", 9, ORANGE),
    }
    for label, ((tau1, tau2), symbol, size, colour) in points.items():
        figure.add_scatter(
            x=[tau2],
            y=[tau1],
            name=label,
            mode="markers",
            marker={"symbol": symbol, "size": size, "color": colour, "line": {"width": 2, "color": colour}},
            hovertemplate=f"{label}: τ1 {tau1:g}, τ2 {tau2:g}<extra></extra>",
        )
    figure.update_layout(legend={"orientation": "h", "y": 1.12, "x": 0})
    figure.update_xaxes(title="τ2 (steps before the final one)", dtick=0.1, range=[-0.03, 1.03])
    figure.update_yaxes(title="τ1 (final step and mean)", dtick=0.1, range=[-0.03, 1.03])
    return finished(figure, height=400)
