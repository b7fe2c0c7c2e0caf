"""Allowed values of the api's arguments: filters, orders and names to choose from."""

from typing import TYPE_CHECKING

from stat_engine import on_demand

if TYPE_CHECKING:
    from stat_engine.formats.hub import PRESETS
    from stat_engine.stats import Correction
    from stat_engine.store.label_log import Decision
    from stat_engine.views.differences import Direction
    from stat_engine.views.difficult import GRADED, LABELLED, SHOWN, SORTS, QuestionFilter
    from stat_engine.views.evaluations import KEYS, Group
    from stat_engine.views.filters import quality
    from stat_engine.views.labels import FLAGS, STATES, LabelFilter
else:
    __getattr__ = on_demand(
        "stat_engine",
        **dict.fromkeys(("GRADED", "LABELLED", "SHOWN", "SORTS", "QuestionFilter"), "views.difficult"),
        **dict.fromkeys(("KEYS", "Group"), "views.evaluations"),
        **dict.fromkeys(("FLAGS", "STATES", "LabelFilter"), "views.labels"),
        Correction="stats",
        Decision="store.label_log",
        Direction="views.differences",
        PRESETS="formats.hub",
        quality="views.filters",
    )

__all__ = [
    "FLAGS",
    "GRADED",
    "KEYS",
    "LABELLED",
    "PRESETS",
    "SHOWN",
    "SORTS",
    "STATES",
    "Correction",
    "Decision",
    "Direction",
    "Group",
    "LabelFilter",
    "QuestionFilter",
    "quality",
]  # fmt: skip
