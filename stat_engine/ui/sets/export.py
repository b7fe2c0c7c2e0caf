"""Export: a set as people left it, in the formats of other tools, as a download or to a path."""

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from stat_engine import jobs
from stat_engine.errors import StatError
from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data, work
from stat_engine.ui.text import as_markdown

FORMATS = {
    "trl": "Prompt and completion, JSON Lines.",
    "openai": "Messages, JSON Lines.",
    "alpaca": "A JSON list with dataset_info.json, as LLaMA-Factory reads it.",
    "sharegpt": "A JSON list of conversations with dataset_info.json.",
    "parquet": "Every field with its lineage, and a dataset card.",
}


def export(run: RunFolder, name: str) -> None:
    """Choose a format; download it, or have it written."""
    fmt = st.selectbox("Format", list(FORMATS), key="sets_format", bind="query-params", width=240)
    st.caption(FORMATS[fmt])
    st.markdown(f"{run.n_examples(name):,} pairs, as people left the set.")
    st.download_button(
        "Download", lambda: exported(run, name, fmt)[1], f"{run.name}-{name}-{fmt}{_ending(fmt)}",
        key=f"sets_download_{name}_{fmt}",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        path = st.text_input("Or a file or folder on the machine that runs this app", key="sets_path")
        is_asked = st.button("Write it", key="sets_write", disabled=not path.strip())
    arguments = ["export", run.name, name, "--format", fmt, "--out", path.strip() or "FOLDER"]
    if is_asked:
        _write(arguments)
    work.command(arguments)


def exported(run: RunFolder, name: str, fmt: str) -> tuple[list[str], bytes]:
    """(file names, content) of what `stat-studio export` writes: its one file, or a zip of several."""
    with TemporaryDirectory() as folder:
        arguments = ["export", run.name, name, "--format", fmt, "--out", folder]
        found = jobs.answer(data.workspace().root.resolve(), arguments)
        files = [Path(file) for file in found["files"]]
        if len(files) == 1:
            return [files[0].name], files[0].read_bytes()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.name)
        return [file.name for file in files], packed.getvalue()


def _ending(fmt: str) -> str:
    return ".jsonl" if fmt in ("trl", "openai") else ".zip"


def _write(arguments: list[str]) -> None:
    try:
        found = jobs.answer(data.workspace().root, arguments)
    except StatError as error:
        st.error(as_markdown(work.sentence(error)))
        return
    files = ", ".join(found["files"])
    st.success(as_markdown(f"{found['n_pairs']:,} pairs written: {files}"))
