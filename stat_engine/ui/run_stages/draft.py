"""Settings that somebody edits and has not saved: a tree of settings and what was typed over it."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import streamlit as st

from stat_engine import config as configuration
from stat_engine.config import RunConfig
from stat_engine.errors import StatError

FIELDS = configuration.fields()
Kind = Literal["switch", "choice", "text", "yaml"]


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
    if options_of(key):
        return "choice"
    return "text" if annotation in (str, str | None) else "yaml"


def options_of(key: str) -> Sequence[Any]:
    """What a setting may be, where only some values are allowed; None first where it may be unset."""
    annotation = FIELDS[key].annotation
    members = get_args(annotation) if get_origin(annotation) is not Literal else [annotation]
    literal = next((one for one in members if get_origin(one) is Literal), None)
    if literal is None:
        return []
    return [*([None] if NoneType in members else []), *get_args(literal)]


def sentence_of(draft: Draft) -> str | None:
    """What is wrong with the draft, in the configuration's own sentence; None where nothing is."""
    try:
        draft.config()
    except StatError as error:
        return str(error)
    return None
