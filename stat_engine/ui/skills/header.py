"""The top of the page: the dataset, its figures, and the part of the page that is shown."""

import streamlit as st

from stat_engine.errors import StatError
from stat_engine.ui import data

PARTS = ("Skills", "Versions", "Audit", "Splits", "Import")


def chosen_dataset() -> str | None:
    """The dataset chosen on this page with its figures, at first the run's; None where there is none."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        dataset = _picker()
        if dataset is not None:
            _figures(dataset)
    return dataset


def _picker() -> str | None:
    names = data.workspace().dataset_names()
    if not names:
        return None
    wanted = st.session_state.pop("skills_wanted", None)
    if wanted in names:
        st.session_state["skills_dataset"] = wanted
    own = _own()
    # a default beside a value in the session state would be a contradiction
    at = names.index(own) if own in names and "skills_dataset" not in st.session_state else 0
    return str(st.selectbox("Dataset", names, at, key="skills_dataset", bind="query-params", width=220))


def _figures(dataset: str) -> None:
    """How many questions, how they are split, how many skills they are mapped to."""
    found = data.dataset_view("summary", dataset)
    parts = found["parts"]
    st.metric("Questions", f"{found['n_questions']:,}", width="content")
    for name in ("train", "validation", "test"):
        st.metric(name.capitalize(), f"{parts[name]:,}", width="content")
    if parts["none"]:
        st.metric("In no split", f"{parts['none']:,}", width="content")
    st.metric("Skills", f"{found['n_skills']:,}", width="content")
    st.metric("With skills", f"{found['n_mapped']:,}", width="content")


def chosen_part() -> str:
    """The part of the page that is shown; it stands in the address."""
    return str(
        st.segmented_control(
            "Part", PARTS, default=PARTS[0], required=True, key="skills_part", bind="query-params",
            label_visibility="collapsed",
        )
    )  # fmt: skip


def _own() -> str | None:
    name = st.session_state.get("run")
    try:
        return data.workspace().run_folder(str(name)).config.dataset if name else None
    except StatError:
        return None
