"""Damaged files of a workspace: lines of append-only files, and cards of jobs, runs and studies."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stat_engine.errors import StatError
from stat_engine.records import ExampleEvent, LabelEvent, TeacherCall, VerdictEvent
from stat_engine.store.files import unreadable_lines
from stat_engine.store.workspace import WorkspaceFolder

LOGS: dict[str, Callable[[Any], object]] = {
    "runs/*/label_events.jsonl": LabelEvent.model_validate,
    "runs/*/verdict_events.jsonl": VerdictEvent.model_validate,
    "runs/*/training_sets/*/example_events.jsonl": ExampleEvent.model_validate,
    "teacher_calls/*.jsonl": TeacherCall.model_validate,
}
"""Append-only files -> what makes a record of a line, or raises."""
CARDS = ("settings.json", "reviewer.json", "jobs/*/*.json", "studies/*/study.json", "runs/**/manifest.json")
COPY = "restore it from a copy of the file"
MOST_LINES = 5


@dataclass(frozen=True)
class Damage:
    """A file that cannot be read, or only in part."""

    file: str
    """Path within the workspace."""
    found: str
    fix: str


def damages(workspace: WorkspaceFolder) -> Iterator[Damage]:
    """Every damaged file, in the order of the kinds above, then the runs whose card cannot be used."""
    root = workspace.root
    for pattern, make in LOGS.items():
        for path in sorted(root.glob(pattern)):
            yield from _lines(path, str(path.relative_to(root)), make)
    for pattern in CARDS:
        for path in sorted(root.glob(pattern)):
            if not _is_object(path):
                yield Damage(str(path.relative_to(root)), "no JSON object that this program wrote", COPY)
    for name in workspace.run_names():
        try:
            faults = workspace.run_folder(name).faults
        except StatError as error:
            yield Damage(f"runs/{name}/run.json", str(error), f"stat-studio set {name} KEY=VALUE, or {COPY}")
            continue
        for fault in faults:
            found, _, way_out = fault.rpartition("; correct it with: ")
            yield Damage(f"runs/{name}/run.json", found, way_out)


def _lines(path: Path, file: str, make: Callable[[Any], object]) -> Iterator[Damage]:
    numbers, n_torn = unreadable_lines(path, make)
    if numbers:
        shown = ", ".join(f"{number:,}" for number in numbers[:MOST_LINES])
        more = " and more" if len(numbers) > MOST_LINES else ""
        yield Damage(
            file,
            f"{len(numbers):,} line{'s' * (len(numbers) > 1)} that cannot be read: line {shown}{more}",
            COPY,
        )
    if n_torn:
        yield Damage(file, "1 line that is not complete, the last one", "none is needed: it is passed over")


def _is_object(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text(encoding="utf-8")), dict)
    except (OSError, ValueError, RecursionError):
        return False
