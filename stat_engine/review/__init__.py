"""Label review: people's decisions, single and bulk, and labels as a file."""

from stat_engine.review.deciding import (
    decide,
    decide_all,
    last_by,
    refuse_others,
    remember_reviewer,
    remembered_reviewer,
    undo_bulk,
)
from stat_engine.review.files import export_labels, import_labels
from stat_engine.store.label_log import Conflict, Decision

__all__ = [
    "Conflict",
    "Decision",
    "decide",
    "decide_all",
    "export_labels",
    "import_labels",
    "last_by",
    "refuse_others",
    "remember_reviewer",
    "remembered_reviewer",
    "undo_bulk",
]
