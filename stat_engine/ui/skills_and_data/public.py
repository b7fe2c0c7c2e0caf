"""Imports that bring their own questions: public data sets by name, and samples of lm-evaluation-harness."""

from collections.abc import Callable
from typing import get_args

import streamlit as st

from stat_engine.orders import HubName, ImportHubOrder, ImportLmEvalOrder
from stat_engine.ui.shared import data, work
from stat_engine.ui.skills_and_data.files import Chosen
from stat_engine.views.text import as_markdown

HUB, FILE = "Hugging Face hub", "File with the hub's rows"
EVERY = "All"
File = Callable[[str], Chosen | None]
"""Asks for a file of this kind."""


def hub(ask: File) -> ImportHubOrder | None:
    """Which public data set, from where and into which dataset; None until that is known."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Data set", get_args(HubName), key="skills_hub_name", width=220)
        source = st.segmented_control("From", [HUB, FILE], default=HUB, required=True, key="skills_hub_from")
        split = st.selectbox(
            "Split", [EVERY, "train", "validation", "test"], key="skills_hub_split", width=160,
            accept_new_options=True, help="The hub's split to download, or that the file is",
        )  # fmt: skip
    file = ask("hub") if source == FILE else None
    if source == FILE and file is None:
        return None
    dataset = _dataset(str(name), f"skills_hub_into_{name}")
    order = ImportHubOrder(
        name=name, file=file.path if file else None, dataset=dataset, split=None if split == EVERY else split
    )
    work.command(order.words())
    return order if dataset else None


def lm_eval(ask: File, dataset: str | None) -> ImportLmEvalOrder | None:
    """Which samples, and into which dataset and run; None until that is known."""
    file = ask("lm-eval")
    if file is None:
        return None
    of = _dataset(dataset or file.path.name.split(".")[0], "skills_lm_eval_into")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run = st.text_input("Run", f"{of}-lm-eval"[:64], key=f"skills_lm_eval_run_{of}", width=220).strip()
        model = st.text_input("Model that answered", "unnamed", key="skills_lm_eval_model", width=220).strip()
        filter = st.text_input("Filter", key="skills_lm_eval_filter", width=160, placeholder="the only one")
        metric = st.text_input(
            "Metric", key="skills_lm_eval_metric", width=200, placeholder="math_verify, else exact_match"
        )
    if run in data.workspace().run_names():
        st.caption(f"Run {as_markdown(run)} exists: the responses are added to it.")
    if not (of and run):
        return None
    order = ImportLmEvalOrder(
        file=file.path, dataset=of, run=run, model=model or "unnamed", filter=filter.strip() or None,
        metric=metric.strip() or None,
    )  # fmt: skip
    work.command(order.words())
    return order


def _dataset(proposed: str, key: str) -> str:
    """The name of the dataset, and whether the questions are added to one that exists."""
    name = st.text_input("Into the dataset", proposed, key=key, width=320).strip()
    if name in data.workspace().dataset_names():
        st.caption(f"Dataset {as_markdown(name)} exists: the questions are added to it.")
    return name
