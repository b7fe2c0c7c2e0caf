"""Charts of evaluated arms: accuracies, paired differences, and the paper's figures 4 and 7."""

from collections.abc import Collection
from html import escape
from textwrap import wrap
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from stat_engine.charts.colours import GREY, Marks, finished, gain_scale, skill_names, unsigned_zero, whiskers
from stat_engine.views.compare import Comparison
from stat_engine.views.text import plain

FEW = 7
"""Arms whose gains can be read in the map at 900 pixels; those of more shrink with their cells."""


def arm_dots(result: Comparison, marks: Marks) -> go.Figure:
    """Test accuracy of the base and every arm with Wilson intervals, the best at the top."""
    frame = pd.DataFrame([{**result["base"], "arm": "base"}, *result["arms"]]).sort_values("accuracy")
    base = float(frame.set_index("arm").accuracy["base"])
    figure = go.Figure(_dots(frame.assign(middle=frame.accuracy), ".3f", marks, base))
    figure.add_vline(x=base, line_dash="dot", line_color=GREY)
    figure.update_xaxes(title="Accuracy (fraction, 95% interval; dotted: the student)")
    return finished(figure, height=110 + 46 * len(frame))


def difference_dots(differences: pd.DataFrame, reference: str, marks: Marks) -> go.Figure:
    """Every arm's paired difference from a reference with its interval, the best at the top."""
    frame = differences.iloc[::-1]
    figure = go.Figure(_dots(frame.assign(middle=frame.difference), "+z.3f", marks, 0.0))
    figure.add_vline(x=0, line_dash="dot", line_color=GREY)
    figure.update_xaxes(title=f"Difference from {reference} (fraction, paired 95% interval)")
    return finished(figure, height=110 + 46 * len(frame))


Scale = Literal["accuracy", "student", "best"]
SCALES: dict[Scale, str] = {
    "accuracy": "Accuracy (fraction)",
    "student": "Accuracy divided by the student's",
    "best": "Accuracy divided by the best arm's",
}
"""What the axes of a radar chart show, as their title says."""


def skill_radar(
    by_skill: pd.DataFrame, marks: Marks, doubled: Collection[str] = (), scale: Scale = "accuracy"
) -> go.Figure:
    """Accuracy of every arm in each skill around a circle (figure 4, there divided by the best arm's).

    `doubled`: skill names that stand for skills of several subjects."""
    return _circle(by_skill.assign(label=_labels(by_skill, 16, doubled)), marks, scale)


def subject_radar(by_subject: pd.DataFrame, marks: Marks, scale: Scale = "accuracy") -> go.Figure:
    """Accuracy of every arm in each subject around a circle (figure 7, there divided by the student's)."""
    names = [shown(subject, 16) for subject in by_subject.subject]
    return _circle(by_subject.assign(label=names), marks, scale)


def gain_map(
    cells: pd.DataFrame, level: float = 0.05, ground: str | None = None, doubled: Collection[str] = ()
) -> go.Figure:
    """Gain over the reference a skill and arm as a heat map, in the order of the rows; bold with a star where
    the corrected p-value is at or below the level.

    An unseen marker lies on every cell, because Streamlit reports clicks on markers only; its `customdata`
    begins with subject, skill and arm. `ground` is the colour of no gain, the page's own unless named;
    `doubled`: skill names that stand for skills of several subjects."""
    labels = _labels(cells, 30, doubled)
    rows = cells.assign(label=labels, words=_cell_words(cells, level), x=cells.arm.map(_named))
    rows["label"] += " · " + rows.groupby("label").n_questions.transform("max").astype(str)
    arms, labels = list(dict.fromkeys(rows.x)), list(dict.fromkeys(rows.label))
    grid = rows.pivot(index="label", columns="x", values=["gain", "words"]).reindex(labels)
    figure = go.Figure(
        go.Heatmap(
            z=grid["gain"][arms].astype(float).to_numpy(),
            x=arms,
            y=labels,
            text=grid["words"][arms].to_numpy(),
            texttemplate="%{text}",
            colorscale=gain_scale(ground),
            zmid=0,
            xgap=2,
            ygap=2,
            textfont={"size": 12} if len(arms) <= FEW else None,
            showscale=False,
            hoverinfo="skip",
        )
    )
    figure.add_trace(_targets(rows))
    # the markers must not widen the axes beyond the cells
    figure.update_xaxes(side="top", showgrid=False, range=[-0.5, len(arms) - 0.5])
    figure.update_yaxes(showgrid=False, range=[len(labels) - 0.5, -0.5])
    figure.update_layout(clickmode="event+select", dragmode=False, hovermode="closest", hoverdistance=200)
    return finished(figure, height=100 + 34 * len(labels))


def shown(text: str, width: int) -> str:
    """A name for a chart's label: in lines, its angle brackets as text where Plotly would read HTML."""
    return "<br>".join(wrap(_named(plain(text)), width)) or "No subject"


def beside(values: "pd.Series[float]", line: float) -> list[str]:
    """Where Plotly writes the text of each point: on the side that is turned away from a vertical line."""
    return ["top left" if value < line else "top right" for value in values]


def _named(name: str) -> str:
    return escape(name, quote=False)


def _dots(frame: pd.DataFrame, form: str, marks: Marks, line: float) -> go.Scatter:
    """A point for each arm with its number on the side where the dotted `line` does not cross the text.

    `form`: of the numbers, as Python formats them."""
    return go.Scatter(
        x=frame.middle,
        y=frame.arm.map(_named),
        mode="markers+text",
        text=[format(value, form) for value in frame.middle],
        textposition=beside(frame.middle, line),
        cliponaxis=False,
        marker=marks.markers(frame.arm, 12),
        error_x=whiskers(frame.middle, frame.ci_low, frame.ci_high),
        customdata=[
            (format(low, form), format(high, form))
            for low, high in zip(frame.ci_low, frame.ci_high, strict=True)
        ],
        hovertemplate="%{y}: %{text} (%{customdata[0]} to %{customdata[1]})<extra></extra>",
    )


def _labels(frame: pd.DataFrame, width: int, doubled: Collection[str]) -> list[str]:
    return [shown(name, width) for name in skill_names(frame, doubled)]


def _scaled(rows: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    """With column `share`: the accuracy under the scale. A label that would divide by zero has no axis."""
    if scale == "accuracy":
        return rows.assign(share=rows.accuracy)
    whole = rows if scale == "best" else rows[rows.arm == "base"]
    by = rows.label.map(whole.groupby("label").accuracy.max())
    return rows.assign(share=rows.accuracy / by)[by > 0]


def _circle(rows: pd.DataFrame, marks: Marks, scale: Scale) -> go.Figure:
    """Every arm around a circle of the labels; the axis begins at 0, or, of ratios, under the lowest."""
    rows, figure = _scaled(rows, scale), go.Figure()
    for arm, part in rows.groupby("arm", sort=False):
        closed, own = pd.concat([part, part.head(1)]), marks.arm(str(arm))
        figure.add_scatterpolar(
            r=closed.share,
            theta=closed.label,
            name=_named(str(arm)),
            mode="lines+markers",
            line={"color": own.colour, "dash": own.dash},
            marker={"color": own.colour, "symbol": own.symbol, "size": 7},
            customdata=closed[["accuracy", "ci_low", "ci_high", "n_questions"]],
            hovertemplate=(
                f"%{{fullData.name}}, %{{theta}}<br>{SCALES[scale]}: %{{r:.2f}}<br>accuracy "
                "%{customdata[0]:.3f} (%{customdata[1]:.3f} to %{customdata[2]:.3f}, n = %{customdata[3]})"
                "<extra></extra>"
            ),
        )
    low = float(rows.share.min()) if len(rows) else 0.0
    high = float(rows.share.max()) if len(rows) else 1.0
    floor = 0.0 if scale == "accuracy" else max(0.0, low - 0.15 * (high - low) - 0.02)
    figure.update_layout(
        polar={
            "radialaxis": {"range": [floor, high * 1.02], "nticks": 5, "angle": 90, "tickangle": 90},
            "bgcolor": "rgba(0, 0, 0, 0)",
        },
        legend={"orientation": "h", "y": -0.12, "x": 0.5, "xanchor": "center"},
        title={"text": f"Radial axis: {SCALES[scale]}", "font": {"size": 13}, "x": 0.5, "xanchor": "center"},
    )
    return finished(figure, height=480, margin=100).update_layout(margin={"t": 70})


def _cell_words(cells: pd.DataFrame, level: float) -> list[str]:
    return [
        "" if gain != gain else f"<b>{gain:+z.2f}*</b>" if p <= level else f"{gain:+z.2f}"
        for gain, p in zip(cells.gain, cells.p_adjusted, strict=True)
    ]


def _targets(rows: pd.DataFrame) -> go.Scatter:
    """What is clicked and hovered: one unseen square a cell."""
    unseen = {"marker": {"opacity": 0}}
    fields = [
        "subject", "skill", "arm", "gain", "ci_low", "ci_high", "n_gained", "n_lost", "p_value", "p_adjusted",
        "n_questions",
    ]  # fmt: skip
    return go.Scatter(
        x=rows.x,
        y=rows.label,
        mode="markers",
        showlegend=False,
        marker={"symbol": "square", "size": 26, "opacity": 0},
        selected=unseen,
        unselected=unseen,
        customdata=rows[fields].assign(**{name: unsigned_zero(rows[name]) for name in fields[3:6]}),
        hovertemplate=(
            "%{y}, %{x}<br>%{customdata[3]:+.3f} (%{customdata[4]:+.3f} to %{customdata[5]:+.3f}, "
            "n = %{customdata[10]})<br>%{customdata[6]} gained, %{customdata[7]} lost<br>"
            "p = %{customdata[8]:.2g}, corrected %{customdata[9]:.2g}<extra></extra>"
        ),
    )
