"""Edited settings that are not saved yet, with one widget for each setting.

A widget is made from the setting's type; its help is the text under the field."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import streamlit as st

from stat_engine import config as configuration
from stat_engine.config import RunConfig
from stat_engine.views.text import plain

FIELDS = configuration.fields()
Kind = Literal["switch", "choice", "text", "yaml"]
RUN = "run"
"""Section of the settings that stand in none."""


@dataclass(frozen=True)
class Draft:
    """Edits over a base; they are kept in the session under the draft's scope."""

    scope: str
    base: dict[str, Any]
    source: str
    """What its errors are said of, as in "run demo"."""

    @property
    def edits(self) -> dict[str, Any]:
        """{setting: what its widget holds}, only where it differs from the base."""
        held: dict[str, Any] = st.session_state.setdefault(f"stages_edits_{self.scope}", {})
        return held

    def held(self, key: str) -> Any:
        """What the setting's widget is to hold: the edit, else the base's value in the widget's form."""
        return self.edits[key] if key in self.edits else self.original(key)

    def original(self, key: str) -> Any:
        """The base's value in the form that the setting's widget has."""
        value: Any = self.base
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        kind = kind_of(key)
        if kind == "yaml":
            return "" if value is None else configuration.as_setting(key, value).partition("=")[2]
        return "" if kind == "text" and value is None else value

    def settings(self) -> list[str]:
        """The edits as `key=value`, as the command line takes them."""
        return [self._setting(key, held) for key, held in self.edits.items()]

    def config(self) -> RunConfig:
        """The configuration as edited; raises StatError in one sentence where it is none."""
        return configuration.validate(configuration.override(self.base, self.settings()), self.source)

    def keep(self, key: str, held: Any) -> None:
        """Note what a widget holds now."""
        if held == self.original(key):
            self.edits.pop(key, None)
        else:
            self.edits[key] = held

    def forget(self) -> None:
        """Drop all edits."""
        self.edits.clear()

    def _setting(self, key: str, held: Any) -> str:
        if kind_of(key) == "yaml":
            return f"{key}={held}"
        is_optional = NoneType in get_args(FIELDS[key].annotation)
        return configuration.as_setting(key, None if held == "" and is_optional else held)


def kind_of(key: str) -> Kind:
    """The widget that a setting's type asks for."""
    annotation = FIELDS[key].annotation
    if annotation is bool:
        return "switch"
    if is_open(key):
        return "text"
    if options_of(key):
        return "choice" if _takes_names_only(key) else "yaml"
    return "text" if annotation in (str, str | None) else "yaml"


def is_open(key: str) -> bool:
    """Whether a setting with named values takes any other text too."""
    annotation = FIELDS[key].annotation
    return bool(options_of(key)) and str in get_args(annotation)


def _takes_names_only(key: str) -> bool:
    """Whether a setting with named values takes no number beside them."""
    annotation = FIELDS[key].annotation
    members = [annotation] if get_origin(annotation) is Literal else get_args(annotation)
    return all(one is NoneType or get_origin(one) is Literal for one in members)


def options_of(key: str) -> Sequence[Any]:
    """What a setting may be, where only some values are allowed; None first where it may be unset."""
    annotation = FIELDS[key].annotation
    members = get_args(annotation) if get_origin(annotation) is not Literal else [annotation]
    literal = next((one for one in members if get_origin(one) is Literal), None)
    if literal is None:
        return []
    return [*([None] if NoneType in members else []), *get_args(literal)]


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
    if is_open(key):
        options = options_of(key)
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
