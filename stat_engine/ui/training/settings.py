"""The settings of a fine-tuning in the form that launches it: the run's own, and what is changed."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from stat_engine import config as configuration
from stat_engine.config import SftConfig
from stat_engine.config.fine_tuning import PAPER_RATES

COUNT: dict[str, Any] = {"min_value": 1, "step": 1}
RATE: dict[str, Any] = {"min_value": 0.0, "step": 0.01, "format": "%g"}
NUMBERS: dict[str, tuple[str, dict[str, Any]]] = {
    "epochs": ("Epochs", {"min_value": 0.0, "step": 1.0, "format": "%g"}),
    "learning_rate": ("Learning rate", {"min_value": 0.0, "step": 1e-5, "format": "%g"}),
    "rank": ("Rank of the adapter", COUNT),
    "alpha": ("Alpha of the adapter", COUNT),
    "batch_size": ("Pairs a batch", COUNT),
    "accumulation": ("Batches a step", COUNT),
    "dropout": ("Dropout", RATE),
    "weight_decay": ("Weight decay", RATE),
    "max_grad_norm": ("Gradient norm at most", RATE),
    "warmup": ("Warm-up (fraction)", RATE),
    "max_length": ("Tokens a pair at most", {"min_value": 8, "step": 64}),
    "threads": ("Threads", COUNT),
    "processes": ("Processes, one a GPU", COUNT),
}
N_FIRST = 5
"""Numbers that are shown at once; the other settings are folded away."""
METHODS = {"lora": "LoRA", "qlora": "QLoRA (student in 4 bits, on CUDA)"}
BATCHES = {
    "Pairs of like length": {"group_by_length": True, "packing": False},
    "Rows filled with several pairs": {"group_by_length": False, "packing": True},
    "Pairs as they come": {"group_by_length": False, "packing": False},
}
WORDS = {name: label for name, (label, _) in NUMBERS.items()} | {
    "method": "Method", "learning_rates": "Rates to choose from", "group_by_length": "Like lengths together",
    "packing": "Packed rows", "gradient_checkpointing": "Less memory", "report_to": "Metrics also to",
}  # fmt: skip


def settings(own: SftConfig) -> tuple[str, ...]:
    """The fields; `sft.KEY=VALUE` for what differs from the run's own settings."""
    before = own.model_dump()
    names = list(NUMBERS)
    given = _numbers(names[:N_FIRST], before)
    with st.popover("More settings"):
        given |= _choices(own) | _numbers(names[N_FIRST:], before)
    changed = {key: value for key, value in given.items() if value is not None and value != before[key]}
    if changed:
        says = (
            f"{WORDS[key].lower()} {_words(value)} (run: {_words(before[key])})"
            for key, value in changed.items()
        )
        st.caption(f"Other than the run's own: {', '.join(says)}.")
    return tuple(configuration.as_setting(f"sft.{key}", value) for key, value in changed.items())


def _choices(own: SftConfig) -> dict[str, Any]:
    rates = sorted({*PAPER_RATES, *own.learning_rates}, reverse=True)
    ways = list(BATCHES)
    is_own = [all(getattr(own, key) == value for key, value in of.items()) for of in BATCHES.values()]
    grid = st.grid(2, min_column_width=240)
    with grid.cell():
        method = st.selectbox(
            WORDS["method"], list(METHODS), list(METHODS).index(own.method), key="training_method",
            format_func=METHODS.__getitem__,
        )  # fmt: skip
    with grid.cell():
        way = st.selectbox("A batch holds", ways, is_own.index(True), key="training_batches")
    with grid.cell():
        chosen = st.multiselect(
            WORDS["learning_rates"], rates, own.learning_rates, format_func=lambda rate: f"{rate:g}",
            key="training_learning_rates", placeholder="None: the rate above",
            help="Each is trained once, and the one that answers most validation questions is kept",
        )  # fmt: skip
    with grid.cell():
        places = st.multiselect(
            WORDS["report_to"], ["tensorboard", "wandb"], own.report_to, key="training_report_to",
            help="Beside this page; each needs its package",
        )  # fmt: skip
    is_frugal = st.toggle(
        "Compute activations twice in place of keeping them: less memory, slower, the same result",
        own.gradient_checkpointing, key="training_gradient_checkpointing",
    )  # fmt: skip
    return {
        "method": method, **BATCHES[way], "learning_rates": chosen, "report_to": places,
        "gradient_checkpointing": is_frugal,
    }  # fmt: skip


def _numbers(names: list[str], own: Mapping[str, Any]) -> dict[str, Any]:
    grid, given = st.grid(len(names[:N_FIRST]), min_column_width=150), {}
    for name in names:
        label, bounds = NUMBERS[name]
        with grid.cell():
            given[name] = st.number_input(
                label, value=own[name], key=f"training_{name}",
                help=SftConfig.model_fields[name].description, **bounds,
            )  # fmt: skip
    return given


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_words, value)) or "none"
    return value if isinstance(value, str) else f"{value:g}"
