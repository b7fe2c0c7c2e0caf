"""The file to import: uploaded, or named by its path on this machine."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from stat_engine import jobs
from stat_engine.errors import StatError
from stat_engine.ui.shared import data
from stat_engine.ui.shared.words import show_error

ENDINGS = ["jsonl", "json", "csv", "tsv", "parquet", "gz"]
UPLOAD = "Upload"
TOKEN = "skills_upload"
ROUND = "skills_upload_round"


@dataclass(frozen=True)
class Chosen:
    """A file that is there to be read."""

    path: Path
    size: int
    """Bytes."""
    stamp: int
    """Time of the last change, ns."""
    token: str | None
    """What an uploaded file is kept under; null: it is the user's own and stays."""


def chosen_file(kind: str) -> Chosen | None:
    """The file that the user chose; None until there is one."""
    way = st.segmented_control(
        "The file", [UPLOAD, "Path on this machine"], default=UPLOAD, required=True, key="skills_way"
    )
    try:
        return _uploaded(kind) if way == UPLOAD else _named()
    except (StatError, OSError) as error:
        show_error(error)
        return None


def forget() -> None:
    """Remove the uploaded file; the uploader is then empty."""
    token = st.session_state.pop(TOKEN, None)
    if token is not None:
        jobs.forget_upload(data.workspace().root, token)
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1


def _uploaded(kind: str) -> Chosen | None:
    limit = jobs.MAX_UPLOAD // 2**20
    file = st.file_uploader(
        f"JSON Lines, CSV or Parquet, also .gz, up to {limit} MB", ENDINGS, max_upload_size=limit,
        key=f"skills_file_{kind}_{st.session_state.get(ROUND, 0)}",
    )  # fmt: skip
    earlier = st.session_state.get(TOKEN)
    token = file.file_id if file is not None else None
    if earlier is not None and earlier != token:
        jobs.forget_upload(data.workspace().root, earlier)
    st.session_state[TOKEN] = token
    if file is None or token is None:
        return None
    path = jobs.keep_upload(data.workspace().root, token, file.name, file.getvalue())
    return _found(path, token)


def _named() -> Chosen | None:
    text = st.text_input("Path", key="skills_path", placeholder="/data/problems.jsonl.gz").strip()
    return _found(Path(text).expanduser().absolute(), None) if text else None


def _found(path: Path, token: str | None) -> Chosen:
    if not path.is_file():
        raise StatError(f"{path}: found {'a folder' if path.is_dir() else 'no such file'}, expected a file")
    status = path.stat()
    return Chosen(path, status.st_size, status.st_mtime_ns, token)
