"""Export a study: tables as CSV and Markdown, the figure, the configuration."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from stat_engine import config as configuration
from stat_engine import views
from stat_engine.charts.colours import marks_of
from stat_engine.charts.studies import study_figure
from stat_engine.errors import StatError
from stat_engine.store.cards import StudyFolder
from stat_engine.store.files import replacing
from stat_engine.store.outputs import output_place
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views.text import as_csv

WIDTH = 1000
"""Pixels of the figure."""
FIGURES = ("figure.svg", "figure.html")


def write(workspace: WorkspaceFolder, name: str, folder: Path) -> list[Path]:
    """Write `table.csv`, `contrasts.csv`, `filters.csv`, `table.md`, `figure.svg` (`figure.html` where no
    browser can draw one) and the configuration: `study.json` and `run.yaml`; returns their paths.

    Raises StatError for a study of which no run is evaluated yet."""
    output_place(folder, workspace.root)
    card = StudyFolder(workspace, name).need()
    frames = {
        "table": views.studies.table(workspace, name),
        "contrasts": views.studies.contrasts(workspace, name),
        "filters": views.studies.filters(workspace, name),
    }
    if frames["table"].empty:
        raise StatError(f"study {name}: none of its runs is evaluated yet, so there is nothing to write")
    texts = {f"{key}.csv": as_csv(frame) for key, frame in frames.items() if len(frame)}
    texts["table.md"] = markdown(card["question"], frames)
    texts["study.json"] = json.dumps(card, indent=2) + "\n"
    texts["run.yaml"] = configuration.as_yaml(workspace.run_folder(card["run"]).config)
    for file in (*texts, *FIGURES):
        output_place(folder / file)
    paths = [_written(folder / file, text) for file, text in texts.items()]
    return [*paths, _draw(study_figure(frames["table"], card["varied"], marks_of(workspace)), folder)]


def markdown(question: str, frames: dict[str, pd.DataFrame]) -> str:
    """The tables as Markdown, accuracies and differences with their 95% intervals."""
    tables = [
        _markdown_table(
            ["value", "arm", "accuracy (95%)", "gain (95%)", "single trainings", "trainings", "pairs"],
            [_row(row) for row in frames["table"].to_dict("records")],
        ),
        _markdown_table(
            ["value", "arm", "against", "difference (95%)", "p", "p, Holm"],
            [_contrast(row) for row in frames["contrasts"].to_dict("records")],
        ),
    ]
    return "\n".join([question, "", *tables])


def _row(row: dict[Any, Any]) -> list[str]:
    is_base = row["arm"] == "base"
    return [
        str(row["value"]),
        str(row["arm"]),
        f"{row['accuracy']:.3f} ({row['ci_low']:.3f} to {row['ci_high']:.3f})",
        "" if is_base else f"{row['gain']:+z.3f} ({row['gain_low']:+z.3f} to {row['gain_high']:+z.3f})",
        f"{row['lowest']:.3f} to {row['highest']:.3f}",
        str(row["n_trainings"]),
        _pairs(row["n_pairs"], row["n_pairs_most"]),
    ]


def _p(value: float) -> str:
    """A p-value; those below 1e-11 are not distinguished (`stats.mcnemar` of shares)."""
    return f"{value:.2g}" if value >= 1e-11 else "<1e-11"


def _pairs(least: float, most: float) -> str:
    if pd.isna(least):
        return ""
    return f"{least:,.0f}" + (f" to {most:,.0f}" if most > least else "")


def _contrast(row: dict[Any, Any]) -> list[str]:
    return [
        str(row["value"]),
        str(row["arm"]),
        str(row["control"]),
        f"{row['difference']:+z.3f} ({row['ci_low']:+z.3f} to {row['ci_high']:+z.3f})",
        _p(row["p_value"]),
        _p(row["p_adjusted"]),
    ]


def _markdown_table(columns: list[str], rows: list[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) if rows else ""


def _written(path: Path, text: str) -> Path:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def _draw(figure: go.Figure, folder: Path) -> Path:
    """SVG where kaleido and a browser are there, else a page of its own."""
    figure.update_layout(template="plotly_white", width=WIDTH)
    try:
        with replacing(folder / "figure.svg") as temporary:
            figure.write_image(temporary, format="svg")
        return folder / "figure.svg"
    except (ImportError, ValueError, RuntimeError):
        return _written(folder / "figure.html", figure.to_html(include_plotlyjs=True))
