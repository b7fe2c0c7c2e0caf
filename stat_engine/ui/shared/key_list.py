"""The list of keys that every page shows at `?`."""

import streamlit as st

from stat_engine.ui.shared.presses import SCRIPTS

PAGES: list[tuple[str, list[tuple[str, str]]]] = [
    ("Every page", [("?", "This list"), ("/", "Search questions, skills and runs")]),
    (
        "Skill labels",
        [
            ("A", "Accept the label"),
            ("D", "Discard it"),
            ("E", "Edit its skills"),
            ("N", "Add a note"),
            ("U", "Undo the decision on this label, or your last one"),
            ("J", "Next label"),
            ("K", "Previous label"),
        ],
    ),
    ("Skill labels, editor", [("1 to 9, 0", "Switch a skill on or off"), ("S", "Save"), ("Esc", "Cancel")]),
    (
        "Difficult questions",
        [
            ("J", "Next question"),
            ("K", "Previous question"),
            ("N", "Next response"),
            ("P", "Previous response"),
        ],
    ),
]
"""(page, its keys with what they do)"""


def show() -> None:
    """Put the list's button on the page."""
    _component(key="frame_keys", data={"pages": PAGES})


CSS = """
/* the dark theme's primary colour is light, to be read as text; Streamlit writes in white on it */
[data-testid^=stBaseButton-primary] { color: light-dark(#ffffff, #12171e); }
.stat-keys-row { display: flex; gap: .5rem; }
.stat-keys-open, .stat-copy-link, .stat-keys button { min-height: 2rem; padding: 0 .75rem;
  font: .875rem var(--st-font); color: var(--st-text-color); background: var(--st-background-color);
  cursor: pointer; border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
.stat-keys { color: var(--st-text-color); background: var(--st-background-color); font: 1rem var(--st-font);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: 1rem 1.5rem;
  max-width: min(32rem, calc(100vw - 2rem)); margin: auto; }
.stat-keys::backdrop { background: rgb(0 0 0 / 45%); }
.stat-keys h2 { font-size: 1rem; padding: .75rem 0 .25rem; margin: 0; }
.stat-keys td { padding: .15rem 1rem .15rem 0; }
"""
_component = st.components.v2.component(
    "stat_studio_key_list",
    html='<div class="stat-keys-row"><button class="stat-keys-open" type="button" hidden>Keys (?)</button>'
    '<button class="stat-copy-link" type="button" title="Copies the address, which holds what is shown">'
    "Copy link</button></div>"
    '<dialog class="stat-keys" aria-label="Keys"><div></div><button type="button">Close</button></dialog>',
    css=CSS,
    js=(SCRIPTS / "key_list.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)
