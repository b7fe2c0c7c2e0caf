"""One widget a setting, made from its type, with the line under the field as its help."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from stat_engine.ui.run_stages.draft import FIELDS, Draft, kind_of, options_of
from stat_engine.ui.text import plain

RUN = "run"
"""Section of the settings that stand in none."""


def field(
    draft: Draft,
    key: str,
    label: str | None = None,
    words: Callable[[Any], str] | None = None,
    options: Sequence[Any] = (),
) -> Any:
    """The widget of a setting; what it holds goes into the draft at once.

    `options` turn a text into a choice that takes other texts too."""
    widget, kind = f"stages_{draft.scope}_{key}", kind_of(key)
    st.session_state[widget] = draft.held(key)
    said: dict[str, Any] = {
        "label": label or plain(key.rpartition(".")[2]), "key": widget, "help": _help(key),
        "on_change": _keep, "args": (draft, key, widget),
    }  # fmt: skip
    if kind == "switch":
        return st.toggle(**said)
    if kind == "choice":
        return st.selectbox(options=options_of(key), format_func=words or _word, **said)
    if options:
        held = draft.held(key)
        names = [*options, *([held] if held and held not in options else [])]
        st.session_state[widget] = held or None
        return st.selectbox(options=names, accept_new_options=True, **said)
    placeholder = "not set" if draft.held(key) == "" else None
    return st.text_input(placeholder=placeholder, **said)


def all_fields(draft: Draft, without: set[str]) -> None:
    """Every other setting: those of a section, or those that a word is found in."""
    left, right = st.columns(2)
    keys = [key for key in FIELDS if key not in without]
    sections = sorted(dict.fromkeys(map(_section, keys)), key=lambda name: name != RUN)
    section = left.selectbox("Section", sections, format_func=_titled, key="stages_section")
    word = right.text_input("Search in all sections", key="stages_word", placeholder="a word").strip().lower()
    found = (
        [key for key in keys if _holds(key, word)] if word else [k for k in keys if _section(k) == section]
    )
    if not found:
        st.caption("No setting has this word in its name or its description.")
    with st.grid(3, min_column_width=180):
        for key in found:
            with st.container():
                field(draft, key, _titled(key) if word else None)


def _section(key: str) -> str:
    return key.rpartition(".")[0] or RUN


def _holds(key: str, word: str) -> bool:
    return word in key.lower() or word in (FIELDS[key].description or "").lower()


def _titled(key: str) -> str:
    return " · ".join(map(plain, key.split(".")))


def _word(value: Any) -> str:
    return "not set" if value is None else str(value)


def _help(key: str) -> str:
    said = (FIELDS[key].description or "").strip()
    return f"{said}\n\n`{key}`" if said else f"`{key}`"


def _keep(draft: Draft, key: str, widget: str) -> None:
    held = st.session_state[widget]
    draft.keep(key, "" if held is None and kind_of(key) == "text" else held)
