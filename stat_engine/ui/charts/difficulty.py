"""Charts of Stage 1: what the reward filter flags."""

import plotly.graph_objects as go

from stat_engine.ui.charts.colours import SKY, VERMILION, finished
from stat_engine.ui.text import plain


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
    return finished(figure, height=140 + 30 * len(names))
