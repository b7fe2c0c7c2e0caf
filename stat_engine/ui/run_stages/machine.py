"""What this machine has for the work, said in a line; the whole check on demand."""

from typing import Any

import streamlit as st

from stat_engine.ui.run_stages import asking
from stat_engine.ui.text import as_markdown

GIB = 2**30
COLUMNS = {"what": "What", "state": "State", "found": "Found", "fix": "What fixes it"}


def line() -> None:
    """Cores, memory and GPUs, and a button for the whole check."""
    found = asking.machine()
    cores = f"{found['n_cpus']} CPU cores, {_gib(found)} of memory free"
    cards = "; ".join(map(card, found["gpus"])) or "no NVIDIA GPU"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(as_markdown(f"This machine: {cores}; {cards}."), width="content")
        if st.button("Check packages, devices and keys", key="stages_doctor"):
            st.session_state["stages_checks"] = asking.tell(["doctor"])
    if checks := st.session_state.get("stages_checks"):
        rows = sorted(checks["checks"], key=lambda row: bool(row["state"] == "ok"))
        with st.expander("What the check found, what is missing first", expanded=True):
            st.dataframe(rows, hide_index=True, column_config=COLUMNS)


def card(gpu: dict[str, Any]) -> str:
    """A GPU with its memory."""
    return f"{gpu['name']}, {_gib(gpu)} free"


def where(backend: str, python: str | None) -> str:
    """Where a local backend's model will run unless a launcher takes it elsewhere."""
    gpus = asking.machine()["gpus"]
    environment = f"in the environment of {python}" if python else "in this Python environment"
    if gpus:
        return f"{environment}, on {card(gpus[0])}"
    needs = "; it needs a GPU, and none is found here: choose a launcher at the start"
    return f"{environment}{needs if backend == 'vllm' else ', on the CPU'}"


def _gib(of: dict[str, Any]) -> str:
    return f"{of['memory_free'] / GIB:.1f} of {of['memory_total'] / GIB:.1f} GiB"
