"""Where the program's own files are: app.py, pages/, .streamlit/ and data/ (presets, embedded project).

A checkout has them at its top level. The build puts them in `shipped` inside the installed package."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def shipped_root() -> Path:
    """The folder that holds app.py, pages/, .streamlit/ and data/."""
    inside = PACKAGE / "shipped"
    return inside if inside.is_dir() else PACKAGE.parent


ROOT = shipped_root()
