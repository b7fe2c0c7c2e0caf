"""A run's comparison in one file: HTML that works offline, or Markdown."""

from pathlib import Path

from stat_engine.errors import StatError
from stat_engine.report.contents import contents
from stat_engine.report.writers import as_html, as_markdown
from stat_engine.store.files import replacing
from stat_engine.store.outputs import output_place
from stat_engine.store.run_folder import RunFolder

WRITERS = {".html": as_html, ".md": as_markdown}


def write(run: RunFolder, path: Path) -> Path:
    """Write the run's report; the file's ending says as what.

    Raises StatError for another ending, NotThereYet before the student itself is evaluated."""
    if path.suffix.lower() not in WRITERS:
        raise StatError(f"--out {path}: found ending {path.suffix!r}, expected one of: {', '.join(WRITERS)}")
    output_place(path)
    made = text(run, path.suffix.lower())
    with replacing(path) as temporary:
        temporary.write_text(made, encoding="utf-8")
    return path


def text(run: RunFolder, ending: str) -> str:
    """The run's report as ".html" or ".md"; raises NotThereYet before the student itself is evaluated."""
    return WRITERS[ending](contents(run))
