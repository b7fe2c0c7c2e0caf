"""The top of the page: the dataset, its figures, the choice of a part, and the result of the last change."""

import os
from typing import Any

import streamlit as st

from stat_engine import views
from stat_engine.orders import Order
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.address import part
from stat_engine.views.text import as_markdown

PATIENCE = 600.0
"""Seconds that a change may take."""
DONE = "skills_done"
PLAN = "skills_plan"
PARTS = ("Skills", "Versions", "Audit", "Splits", "Import")


def told(order: Order, label: str, key: str) -> dict[str, Any] | None:
    """A button that has the engine tell what the verb would change; what it told, while it holds."""
    if st.button(label, key=f"{key}_tell", type="primary" if _plan(order) is None else "secondary"):
        answer = work.tell(order, PATIENCE, is_dry=True)
        st.session_state[PLAN] = (_stamp(order), answer)
        if answer is not None:
            st.rerun()
    return _plan(order)


def do(order: Order, says: str) -> dict[str, Any] | None:
    """Have the engine do it; `says` stands on the page when it is drawn again."""
    found = work.tell(order, PATIENCE)
    if found is not None:
        st.session_state.pop(PLAN, None)
        st.session_state[DONE] = says
    return found


def say_what_was_done() -> None:
    """The sentence on what the last press did."""
    if DONE in st.session_state:
        st.success(as_markdown(st.session_state.pop(DONE)))


def _plan(order: Order) -> dict[str, Any] | None:
    stamp, answer = st.session_state.get(PLAN, (None, None))
    return answer if stamp == _stamp(order) else None


def _stamp(order: Order) -> list[str]:
    """What a plan holds for: this order, on the datasets and runs as they stand."""
    place = data.workspace()
    datasets = [place.dataset(name).version() for name in place.dataset_names()]
    return [str(os.fspath(place.root)), *order.words(), *datasets]


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
    own = views.places.dataset_of(data.workspace(), st.session_state.get("run"))
    # a default beside a value in the session state would be a contradiction
    at = names.index(own) if own in names and "skills_dataset" not in st.session_state else 0
    return str(st.selectbox("Dataset", names, at, key="skills_dataset", bind="query-params", width=220))


def _figures(dataset: str) -> None:
    """How many questions, how they are split, how many skills they are mapped to."""
    found = data.dataset_view(views.datasets.summary, dataset)
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
    return part(PARTS, "skills_part")
