"""Sentences for people about what the api's methods return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stat_engine import views
from stat_engine.store import disk, example_log, label_log

if TYPE_CHECKING:
    from stat_engine.records import ExampleEvent, LabelEvent
    from stat_engine.views.agreement import TeacherError
    from stat_engine.views.warnings import RunWarning


def size(n_bytes: float) -> str:
    """A number of bytes, as in 1.2 MB."""
    return disk.in_words(n_bytes)


def label_event(event: LabelEvent) -> str:
    """What was decided on a label, by whom and when."""
    return label_log.in_words(event)


def example_event(event: ExampleEvent) -> str:
    """What was changed in an example, by whom and when."""
    return example_log.example_words(event)


def calls(n_calls: int, n_tokens: int, cost: float | None) -> str:
    """Calls, tokens and USD."""
    from stat_engine.models.paid_calls.budget import in_words  # loads the servers' clients

    return in_words(n_calls, n_tokens, cost)


def teacher_error(found: TeacherError) -> str:
    """What the correction of a profile is based on."""
    return views.agreement.in_words(found)


def warning(found: RunWarning) -> str:
    """A warning with its figure and what to do."""
    return views.warnings.in_words(found)
