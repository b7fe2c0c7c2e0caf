"""Keys and clicks in the order in which they were pressed, none lost while the page is drawn again.

A script in the browser keeps them, sends those that are still open, and shows what is saved."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import streamlit as st

from stat_engine.ui.shared.whole import state

SCRIPTS = Path(__file__).parent / "scripts"
SECONDS_SHOWN = 10
"""How long the page shows what was saved, with its Undo."""


class Said(TypedDict):
    """The result of the last press."""

    text: str
    undo: str | None
    """The press that takes it back."""
    at: int
    """When, in milliseconds since 1970."""


class Box(TypedDict):
    """The presses of one page."""

    done: int
    """Number of the last one that was carried out."""
    epoch: str
    """Changes where presses made before are dropped."""
    said: Said | None


def take(
    key: str,
    keys: Mapping[str, str],
    buttons: Sequence[tuple[str, str]],
    carry_out: Callable[[str], bool],
    names: Mapping[str, str],
) -> None:
    """Carry out what was pressed since the last time, and put the script on the page that collects more.

    `keys`: {key: press}; `buttons`: (start of a button's key, press), a `*` in the press stands for what
    follows the last `_`; `carry_out`: False stops, so that later presses, which nobody would have made on
    what is now on show, are dropped and said to be; it notes what it did with `whole.state` alone, because
    the script may be stopped by the next press; `names`: {press: as people call it}."""
    sent = st.session_state.get(key)
    box = _box(key)
    for press in (sent["presses"] if sent else None) or []:
        if press["epoch"] == box["epoch"] and press["n"] > box["done"]:  # else it came once more with others
            goes_on = carry_out(str(press["what"]))
            box["done"] = press["n"]
            if not goes_on:
                box["epoch"] = uuid.uuid4().hex
    data = {
        **box, "keys": dict(keys), "buttons": [list(one) for one in buttons], "names": dict(names),
        "seconds": SECONDS_SHOWN,
    }  # fmt: skip
    _component(key=key, data=data, default={"presses": []}, on_presses_change=_nothing)


def say(key: str, text: str, undo: str | None = None) -> None:
    """Show what was done, for some seconds, with the press that takes it back."""
    box = _box(key)
    box["said"] = Said(text=text, undo=undo, at=time.time_ns() // 1_000_000)


def _box(key: str) -> Box:
    box: Box = state().setdefault(key, Box(done=0, epoch=uuid.uuid4().hex, said=None))
    return box


def _nothing() -> None:
    """What a press changes is drawn by the same run of the script."""


CSS = """
.presses { position: fixed; right: 1rem; bottom: 1rem; z-index: 1000; display: flex; gap: .75rem;
  align-items: center; max-width: min(34rem, calc(100vw - 2rem)); padding: .5rem .9rem;
  background: var(--st-secondary-background-color); color: var(--st-text-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
  font: .9rem var(--st-font); box-shadow: 0 2px 10px rgb(0 0 0 / 18%); }
.presses[hidden] { display: none; }
.presses[data-state=lost] { border-color: var(--st-orange-color); }
.presses button { min-height: 2rem; padding: 0 .8rem; font: inherit; color: inherit; cursor: pointer;
  background: var(--st-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); }
"""
_component = st.components.v2.component(
    "stat_studio_presses",
    html='<div class="presses" role="status" hidden><span></span><button hidden>Undo</button></div>',
    css=CSS,
    js=(SCRIPTS / "presses.js").read_text(encoding="utf-8"),
)
