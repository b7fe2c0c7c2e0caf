"""From a run's folder to the frames and counts that a page or a command shows. Nothing here writes."""

from stat_engine.views import (
    agreement,
    compare,
    cost,
    difficult,
    label_effects,
    label_history,
    labels,
    profile,
    status,
    training_sets,
)

__all__ = [
    "agreement",
    "compare",
    "cost",
    "difficult",
    "label_effects",
    "label_history",
    "labels",
    "profile",
    "status",
    "training_sets",
]
