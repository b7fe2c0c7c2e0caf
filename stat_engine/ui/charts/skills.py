"""Charts of the Missing-Skill-Profile."""

import pandas as pd
import plotly.graph_objects as go

from stat_engine.ui.charts.colours import VERMILION, finished, skill_names
from stat_engine.ui.text import plain


def ranked_bars(profile: pd.DataFrame) -> go.Figure:
    """Failure rate of each skill with its 95% interval, most missed at the top."""
    rows = profile.iloc[::-1]
    figure = go.Figure(
        go.Bar(
            x=rows.failure_rate,
            y=skill_names(rows),
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
    return finished(figure, height=80 + 26 * len(rows))


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
    return finished(figure, height=430, margin=130)
