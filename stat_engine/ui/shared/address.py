"""Choices kept in the page's address, so that a link or a reload shows the same; and links to pages."""

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

Word = TypeVar("Word", bound=str)
ONWARD = ":material/arrow_forward:"
LEFT_PROFILE = "profile_left"
"""In the session: {name: values} of the profile's address as it was when one of its questions was opened."""


def choice(key: str, label: str, options: Sequence[Word]) -> Word:
    """A select box whose value stands in the address under `key`."""
    wanted = st.query_params.get(key)
    at = next((at for at, option in enumerate(options) if option == wanted), 0)
    chosen = st.selectbox(
        label, options, at, key=f"choice_{key}", format_func=lambda option: option.replace("_", " ")
    )
    remember(key, chosen if chosen != options[0] else None)
    return chosen


def part(options: Sequence[Word], key: str) -> Word:
    """Which part of the page is shown; at first the first one."""
    return st.segmented_control(
        "Part", options, default=options[0], required=True, key=key, bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip


def remember(key: str, value: str | None) -> None:
    """Put a value into the address, or take it out; one that stands there is left.

    To write it again would send the whole address as this run of the script began with it, over what a
    slider put there in the meantime."""
    if st.query_params.get(key) == value:
        return
    if value is not None:
        st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]


def link(page: str, label: str, **address: str | list[str]) -> None:
    """A link to another page of the app, as in `link("compare", "The arms", run="demo")`."""
    st.page_link(f"pages/{page}.py", label=label, icon=ONWARD, query_params=address)
