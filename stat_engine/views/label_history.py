"""What people did to a run's labels: every decision with its author and time, progress, and pace."""

import itertools
from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Any

import pandas as pd

from stat_engine.records import LabelEvent
from stat_engine.store.label_log import decisions, standing_decisions
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import label_sources
from stat_engine.views.labels import skill_names, skills_of

PACE_OVER = 10
"""Decisions that the pace is taken over."""


def progress(run: RunFolder, reviewer: str | None = None) -> dict[str, Any]:
    """{"n_labels", "n_decided", "per_hour", "seconds_left"}: decisions an hour of the reviewer, from the
    median time between the last ten made one by one (a break in them hardly counts), and how long
    the pending labels take at that pace; null: fewer than two of them."""
    events, labels = label_sources.events(run), label_sources.own_labels(run)
    decided = decisions(events)
    n_decided = sum(label.response_id in decided for label in labels)
    gap = _seconds_between(events, reviewer)
    return {
        "n_labels": len(labels),
        "n_decided": n_decided,
        "per_hour": 3600 / gap if gap else None,
        "seconds_left": gap * (len(labels) - n_decided) if gap else None,
    }


def history(run: RunFolder, response_id: str | None = None) -> pd.DataFrame:
    """One row an event, newest first: at, author, action, question_id, response_id, skills, note, bulk,
    is_standing (not taken back), event_id. `skills` are those of an edit, null otherwise."""
    events = [e for e in label_sources.events(run) if response_id in (None, e.response_id)]
    standing = {e.event_id for stack in standing_decisions(events).values() for e in stack}
    questions = {label.response_id: label.question_id for label in label_sources.own_labels(run)}
    rows = [
        {
            **event.model_dump(include={"at", "author", "action", "response_id", "note", "bulk", "event_id"}),
            "question_id": questions.get(event.response_id),
            "skills": skill_names("", skills_of(event)) if event.action == "edit" else None,
            "is_standing": event.event_id in standing,
        }
        for event in reversed(events)
    ]
    columns = [
        "at", "author", "action", "question_id", "response_id", "skills", "note", "bulk", "is_standing",
        "event_id",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _seconds_between(events: Sequence[LabelEvent], reviewer: str | None) -> float | None:
    own = [
        e
        for e in events
        if e.author == reviewer and e.bulk is None and e.action in ("accept", "edit", "discard")
    ]
    times = [datetime.fromisoformat(event.at) for event in own[-PACE_OVER:]]
    gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(times)]
    return median(gaps) if gaps else None
