"""People's decisions and notes: on labels, verdicts, the examples of training sets, and on a run's card."""

from stat_engine.records import VerdictAction
from stat_engine.review.deciding import (
    checked_author,
    decide,
    decide_all,
    last_by,
    refuse_others,
    undo_bulk,
)
from stat_engine.review.examples import change_examples, copy_set, trained_on
from stat_engine.review.files import export_labels, import_labels, label_format
from stat_engine.review.verdicts import overrule, refuse_others_verdict
from stat_engine.store.allocations import Allocation, read_allocation, save_allocation
from stat_engine.store.cards import change_tags, set_note
from stat_engine.store.event_log import PAST, event_words
from stat_engine.store.example_log import Change
from stat_engine.store.label_log import Conflict, Decision, in_words
from stat_engine.store.verdict_log import Overruling, Place

__all__ = [
    "PAST",
    "Allocation",
    "Change",
    "Conflict",
    "Decision",
    "Overruling",
    "Place",
    "VerdictAction",
    "change_examples",
    "change_tags",
    "checked_author",
    "copy_set",
    "decide",
    "decide_all",
    "event_words",
    "export_labels",
    "import_labels",
    "in_words",
    "label_format",
    "last_by",
    "overrule",
    "read_allocation",
    "refuse_others",
    "refuse_others_verdict",
    "save_allocation",
    "set_note",
    "trained_on",
    "undo_bulk",
]
