"""The colours of all charts and pages, safe for colour-blind readers: Okabe and Ito (2008)."""

from collections.abc import Collection, Iterable, Sequence
from itertools import count
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views.marks import marked
from stat_engine.views.text import plain

BLUE, ORANGE, GREEN, VERMILION, SKY, PINK, GREY = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#7a7a7a",
)  # fmt: skip
_SLOTS = (
    (BLUE, "circle"), (GREEN, "square"), (SKY, "diamond"), (PINK, "triangle-up"), (ORANGE, "star"),
    ("#882255", "x"), ("#117733", "pentagon"), ("#999933", "triangle-down"), ("#44aa99", "hexagram"),
    ("#a6761d", "cross"), ("#332288", "bowtie"), ("#ddcc77", "hourglass"),
)  # fmt: skip
"""A colour and a marker each; where colours look alike to a colour-blind reader, the markers differ."""
_DASHES = ("solid", "dash", "dashdot", "longdash", "longdashdot")
KNOWN = {
    "stat-sel": 0, "stat-syn": 1, "random": 2, "uniform": 3, "skill-shuffled": 4, "math-augment": 5,
    "embed-syn": 6, "math-train": 7, "embed-sel": 8, "math-hard": 9, "syn-shuffled": 11,
}  # fmt: skip
"""The arms of the paper and its controls keep their slots wherever these are free."""


class Mark(NamedTuple):
    """How an arm or a run is drawn."""

    colour: str
    symbol: str
    dash: str


BASE = Mark(GREY, "circle-open", "dot")
"""The student itself."""


class Marks:
    """The marks of a workspace's arms and runs; names that it does not have come after those that it has.

    `arms`, `runs`: names in the order in which they came into the workspace, as `views.marks` gives them."""

    def __init__(self, arms: Sequence[str] = (), runs: Sequence[str] = ()) -> None:
        self._arms = {name: _mark(at) for name, at in _places(arms).items()}
        self._runs = {name: _mark(at) for at, name in enumerate(dict.fromkeys(runs))}

    def arm(self, name: str) -> Mark:
        """An arm's mark, the same in every chart of the workspace."""
        if name == "base":
            return BASE
        return self._arms.get(name) or _mark(_places([*self._arms, name])[name])

    def markers(self, arms: Iterable[object], size: int) -> dict[str, Any]:
        """Plotly's `marker` of one point an arm."""
        own = [self.arm(str(arm)) for arm in arms]
        return {
            "size": size,
            "color": [mark.colour for mark in own],
            "symbol": [mark.symbol for mark in own],
        }

    def run(self, name: str) -> Mark:
        """A run's mark, the same in every chart of the workspace."""
        return self._runs.get(name) or _mark(len(self._runs))


def marks_of(workspace: WorkspaceFolder) -> Marks:
    """The marks of a workspace's arms and runs."""
    found = marked(workspace)
    return Marks(found["arms"], found["runs"])


def _places(arms: Sequence[str]) -> dict[str, int]:
    """Arm to its place: the slot of the paper's arm, or the next free one; after twelve, colours repeat."""
    places: dict[str, int] = {}
    own = {KNOWN[name] for name in arms if name in KNOWN}
    for name in dict.fromkeys(arms):
        if name == "base":
            continue
        taken = {*places.values(), *own}
        places[name] = KNOWN.get(name, next(at for at in count() if at not in taken))
    return places


def _mark(at: int) -> Mark:
    """The mark of a place: twelve colours, and with each further round of them other markers and dashes."""
    again, slot = divmod(at, len(_SLOTS))
    symbol = _SLOTS[(slot + 5 * again) % len(_SLOTS)][1]
    return Mark(_SLOTS[slot][0], symbol, _DASHES[again % len(_DASHES)])


STUDENT, TEACHER, HUMAN = VERMILION, BLUE, GREEN
"""Who says it, wherever a chart sets one beside another."""


def gain_scale(ground: str | None = None) -> list[list[object]]:
    """Loss to gain, with a ground for none: the page's own unless named."""
    return [[0, VERMILION], [0.5, ground or neutral()], [1, BLUE]]


def neutral() -> str:
    """A ground between two colours that suits the light or the dark theme."""
    return "#1b222c" if st.context.theme.type == "dark" else "#f2f2f2"


def skill_names(frame: pd.DataFrame, doubled: Collection[str] = ()) -> list[str]:
    """Skill names, with their subject where a name stands in two: of the frame, or among `doubled`."""
    skills = frame[["subject", "skill"]].drop_duplicates()
    doubled = {*doubled, *skills.skill[skills.skill.duplicated()]}
    return [
        f"{plain(skill)} ({plain(subject)})" if skill in doubled and subject else plain(skill)
        for subject, skill in zip(frame.subject, frame.skill, strict=True)
    ]


def unsigned_zero(values: "pd.Series[float]", digits: int = 3) -> "pd.Series[float]":
    """Values, 0 where a chart or table with so many digits writes zero: else it would write -0.000."""
    return values.where(values.round(digits) != 0, 0.0)


def whiskers(
    at: "pd.Series[float]", low: "pd.Series[float]", high: "pd.Series[float]", colour: str | None = GREY
) -> dict[str, object]:
    """An interval around each point, for `error_x` and `error_y`; colour None: that of the points."""
    return {
        "type": "data", "symmetric": False, "array": high - at, "arrayminus": at - low, "thickness": 1.4,
        "color": colour,
    }  # fmt: skip


def finished(figure: go.Figure, height: int, margin: int = 10) -> go.Figure:
    """The figure in the house's measures; height and side margins in pixels."""
    figure.update_layout(height=height, margin={"l": margin, "r": margin, "t": 30, "b": 40})
    return figure
