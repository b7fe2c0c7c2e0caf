"""API keys from the environment, else from Streamlit's secrets files; they are stored nowhere else."""

import os
import tomllib
from pathlib import Path

from stat_engine.errors import StatError

FILES = (Path(".streamlit/secrets.toml"), Path("~/.streamlit/secrets.toml"))
"""The same places that Streamlit reads, the nearer one first."""


def secret(name: str) -> str | None:
    """The secret of this name; None where it is nowhere. Raises StatError for a file that is no TOML."""
    if os.environ.get(name):
        return os.environ[name]
    for path in FILES:
        try:
            value = tomllib.loads(path.expanduser().read_text(encoding="utf-8")).get(name)
        except OSError:
            continue
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            # the decoder's own message may quote the line
            raise StatError(f"{path}: found a damaged file, expected TOML with secrets") from None
        if isinstance(value, str) and value:
            return value
    return None
