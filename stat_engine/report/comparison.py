"""A run's comparison in one file: HTML that works offline, or Markdown."""

from functools import partial
from pathlib import Path

import streamlit as st

from stat_engine.errors import StatError
from stat_engine.report.contents import contents
from stat_engine.report.writers import as_html, as_markdown
from stat_engine.store.files import replacing
from stat_engine.store.run_folder import RunFolder

WRITERS = {".html": as_html, ".md": as_markdown}


def write(run: RunFolder, path: Path) -> Path:
    """Write the run's report; the file's ending says as what.

    Raises StatError for another ending, NotThereYet before the student itself is evaluated."""
    if path.suffix.lower() not in WRITERS:
        raise StatError(f"--out {path}: found ending {path.suffix!r}, expected one of: {', '.join(WRITERS)}")
    text = _made(run, path.suffix.lower())
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def downloads(run: RunFolder) -> None:
    """A button a format; the report is made when it is pressed."""
    with st.container(horizontal=True):
        for name, ending, mime in (("HTML", ".html", "text/html"), ("Markdown", ".md", "text/markdown")):
            st.download_button(
                f"Report as {name}",
                partial(_made, run, ending),
                file_name=f"{run.name}-report{ending}",
                mime=mime,
                key=f"compare_report_{ending[1:]}",
                on_click="ignore",
                help="One file that works offline; made when you press" if ending == ".html" else None,
            )


def _made(run: RunFolder, ending: str) -> str:
    return WRITERS[ending](contents(run))
