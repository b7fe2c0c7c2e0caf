"""What the api's methods return, for people: sentences, plain rows, files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from stat_engine import views
from stat_engine.errors import StatError
from stat_engine.store import disk, event_log, label_log
from stat_engine.store.files import replacing
from stat_engine.store.outputs import output_place

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
    return event_log.event_words(event)


def calls(n_calls: int, n_tokens: int, cost: float | None) -> str:
    """Calls, tokens and USD."""
    from stat_engine.models.paid_calls.account import in_words  # loads the servers' clients

    return in_words(n_calls, n_tokens, cost)


def teacher_error(found: TeacherError) -> str:
    """What the correction of a profile is based on."""
    return views.agreement.in_words(found)


def warning(found: RunWarning) -> str:
    """A warning with its figure and what to do."""
    return views.warnings.in_words(found)


if TYPE_CHECKING:
    import pandas as pd


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """One dictionary a row, of plain values; None where the frame has nothing."""
    values = frame.astype(object).where(frame.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in values.to_dict("records")]


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame, whole or not at all. Raises StatError where the place cannot be written to."""
    try:
        with replacing(output_place(path)) as temporary:
            temporary.write_text(views.text.as_csv(frame), encoding="utf-8")
    except OSError as error:
        raise StatError(f"{path}: cannot be written ({error.strerror or error})") from None
