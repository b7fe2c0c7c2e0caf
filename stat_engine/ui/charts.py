"""Charts: views in, Plotly figures out. One colour language for all pages, safe for the colour-blind.

Colours are those of Okabe and Ito (2008)."""

import pandas as pd
import plotly.graph_objects as go

from stat_engine.ui.text import plain

BLUE, ORANGE, GREEN, VERMILION, SKY, PINK, GREY = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#7a7a7a",
)  # fmt: skip
ARM_COLOURS = {
    "base": GREY, "random": SKY, "uniform": PINK, "math-hard": "#a6761d", "skill-shuffled": ORANGE,
    "stat-sel": BLUE, "stat-syn": GREEN,
}  # fmt: skip
GAIN_SCALE = [[0, VERMILION], [0.5, "#f2f2f2"], [1, BLUE]]


def ranked_bars(profile: pd.DataFrame) -> go.Figure:
    """Failure rate of each skill with its 95% interval, most missed at the top."""
    rows = profile.iloc[::-1]
    figure = go.Figure(
        go.Bar(
            x=rows.failure_rate,
            y=_labels(rows),
            orientation="h",
            marker_color=VERMILION,
            error_x={
                "type": "data",
                "symmetric": False,
                "array": rows.ci_high - rows.failure_rate,
                "arrayminus": rows.failure_rate - rows.ci_low,
                "thickness": 1.2,
            },
            customdata=rows[["n_missing", "n_questions"]],
            hovertemplate="%{y}<br>missing in %{customdata[0]} of %{customdata[1]} questions<extra></extra>",
        )
    )
    figure.update_xaxes(title="Failure rate (fraction, 95% interval)", range=[0, 1])
    return _finished(figure, height=80 + 26 * len(rows))


def radar(profile: pd.DataFrame) -> go.Figure:
    """Failure rate of the most missed skills around a circle."""
    names = [plain(skill) for skill in profile.skill]
    figure = go.Figure(
        go.Scatterpolar(
            r=[*profile.failure_rate, *profile.failure_rate[:1]],
            theta=[*names, *names[:1]],
            fill="toself",
            line_color=VERMILION,
            hovertemplate="%{theta}: %{r:.2f}<extra></extra>",
        )
    )
    figure.update_layout(
        polar={
            "angularaxis": {"rotation": 90},
            "radialaxis": {"range": [0, 1], "tickvals": [0.25, 0.5, 0.75, 1]},
        }
    )
    return _finished(figure, height=430, margin=130)


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
            marker={"size": 13, "color": [ARM_COLOURS.get(str(arm), ORANGE) for arm in frame.arm]},
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
    return _finished(figure, height=110 + 52 * len(frame))


def gain_map(by_skill: pd.DataFrame) -> go.Figure:
    """Gain over the base in each skill and arm, as a heat map; the largest mean gain at the top."""
    trained = by_skill[by_skill.arm != "base"].assign(label=lambda frame: _labels(frame))
    trained = trained.assign(label=trained.label + " · " + trained.n_questions.astype(str))
    grid = trained.pivot_table(index="label", columns="arm", values="gain", sort=False)
    grid = grid.loc[grid.mean(axis=1).sort_values().index]
    figure = go.Figure(
        go.Heatmap(
            z=grid.to_numpy(),
            x=list(grid.columns),
            y=list(grid.index),
            colorscale=GAIN_SCALE,
            zmid=0,
            texttemplate="%{z:+.2f}",
            colorbar={"title": "Gain", "thickness": 12},
            hovertemplate="%{y}, %{x}: %{z:+.3f}<extra></extra>",
        )
    )
    return _finished(figure, height=90 + 24 * len(grid))


def subject_radar(by_subject: pd.DataFrame) -> go.Figure:
    """Accuracy of every arm in each subject around a circle."""
    figure = go.Figure()
    for arm, rows in by_subject.groupby("arm", sort=False):
        names = [plain(subject) for subject in rows.subject]
        figure.add_scatterpolar(
            r=[*rows.accuracy, *rows.accuracy[:1]],
            theta=[*names, *names[:1]],
            name=str(arm),
            line_color=ARM_COLOURS.get(str(arm), ORANGE),
            hovertemplate="%{theta}: %{r:.3f}<extra></extra>",
        )
    figure.update_layout(polar={"radialaxis": {"range": [0, 1]}}, legend={"orientation": "h", "y": -0.15})
    return _finished(figure, height=430, margin=120)


def losses(metrics: pd.DataFrame) -> go.Figure:
    """Training loss by step of every arm and seed."""
    figure = go.Figure()
    for (arm, seed), rows in metrics.groupby(["arm", "seed"], sort=True):
        figure.add_scatter(
            x=rows.step,
            y=rows.loss.rolling(10, min_periods=1).mean(),
            name=f"{arm}, seed {seed}",
            mode="lines",
            line_color=ARM_COLOURS.get(str(arm), ORANGE),
        )
    figure.update_xaxes(title="Step")
    figure.update_yaxes(title="Training loss (nats a token, mean of 10 steps)", rangemode="tozero")
    return _finished(figure, height=320)


def counts_by_subject(by_subject: dict[str, dict[str, int]]) -> go.Figure:
    """Difficult and easy questions of each subject."""
    names = [plain(subject) or "All" for subject in by_subject]
    difficult = [counts["n_difficult"] for counts in by_subject.values()]
    easy = [counts["n_questions"] - counts["n_difficult"] for counts in by_subject.values()]
    figure = go.Figure(
        [
            go.Bar(y=names, x=difficult, name="difficult", orientation="h", marker_color=VERMILION),
            go.Bar(y=names, x=easy, name="easy", orientation="h", marker_color=SKY),
        ]
    )
    figure.update_layout(barmode="stack", legend={"orientation": "h", "y": 1.3})
    figure.update_xaxes(title="Validation questions")
    return _finished(figure, height=140 + 30 * len(names))


def _labels(frame: pd.DataFrame) -> list[str]:
    """Skill names, with their subject where a name stands in two."""
    skills = frame[["subject", "skill"]].drop_duplicates()
    doubled = set(skills.skill[skills.skill.duplicated(keep=False)])
    return [
        f"{plain(skill)} ({plain(subject)})" if skill in doubled else plain(skill)
        for subject, skill in zip(frame.subject, frame.skill, strict=True)
    ]


def _finished(figure: go.Figure, height: int, margin: int = 10) -> go.Figure:
    figure.update_layout(height=height, margin={"l": margin, "r": margin, "t": 30, "b": 40})
    return figure
