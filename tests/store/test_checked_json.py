"""Damaged JSON files of a workspace: each is named with field, found, expected and a way out, by every reader."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace
from stat_engine.errors import StatError

Reader = Callable[[Workspace], object]


def split(place: Workspace) -> object:
    return place.dataset("numeracy").split("validation")


def stored(place: Workspace) -> object:
    return place.run("small").folder.dataset.stored_split("validation")


def audit(place: Workspace) -> object:
    return place.run("small").folder.dataset.audit_findings()


def vocabulary(place: Workspace) -> object:
    return place.run("small").folder.dataset.vocabulary


def versions(place: Workspace) -> object:
    return place.run("small").folder.dataset.vocabularies.all()


def status(place: Workspace) -> object:
    return place.run("small").status()


def card(place: Workspace) -> object:
    return place.run("small").folder.card


def arm(place: Workspace) -> object:
    return place.run("small").folder.arm_card("stat-sel")


DATASET, RUN = "datasets/numeracy", "runs/small"
CASES: list[tuple[str, Any, Reader, str]] = [
    (
        f"{DATASET}/splits/validation.json",
        {"seed": 0},
        split,
        ", field ids: found no such field, expected it",
    ),
    (
        f"{DATASET}/splits/validation.json",
        {"ids": "abc"},
        split,
        ", field ids: found 'abc', expected a valid list",
    ),
    (
        f"{DATASET}/splits/validation.json",
        {"ids": [1]},
        stored,
        ", field ids.0: found 1, expected a valid string",
    ),
    (f"{DATASET}/splits/validation.json", [], stored, ": found [], expected a valid dictionary"),
    (
        f"{DATASET}/audit.json",
        {"skill_map": "x"},
        audit,
        ", field findings: found no such field, expected it",
    ),
    (f"{DATASET}/skills.json", {"a": "b"}, vocabulary, ", field a: found 'b', expected a valid list"),
    (f"{DATASET}/skills.json", 7, vocabulary, ": found 7, expected a valid dictionary"),
    (f"{DATASET}/vocabularies/0001.json", {"version": 1}, versions, ", field made_by: found no such field"),
    (
        f"{RUN}/responses/manifest.json",
        {"table": "responses"},
        status,
        ", field fingerprint: found no such field",
    ),
    (f"{RUN}/responses/manifest.json", {"files": 1}, status, ", field table: found no such field"),
    (f"{RUN}/run.json", {"config": {}, "tags": "x"}, card, ", field tags: found 'x', expected a valid list"),
    (f"{RUN}/run.json", {"config": []}, card, ", field config: found [], expected a valid dictionary"),
    (
        f"{RUN}/students/stat-sel/seed-0/manifest.json",
        {"weights": 1},
        arm,
        ", field weights: found 1, expected a valid string",
    ),
    (f"{RUN}/students/stat-sel/seed-0/manifest.json", [1], arm, ": found [1], expected a valid dictionary"),
]


@pytest.mark.parametrize(
    ("file", "value", "read", "found"), CASES, ids=[f"{one[0]}-{n}" for n, one in enumerate(CASES)]
)
def test_a_damaged_field_is_named_with_the_way_out(
    copy: Workspace, file: str, value: Any, read: Reader, found: str
) -> None:
    path = copy.root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    with pytest.raises(StatError) as caught:
        read(copy)
    said = str(caught.value)
    assert said.startswith(f"{path}{found}"), said
    assert "; the file is damaged: " in said and "\n" not in said


@pytest.mark.parametrize("kind", ["empty", "cut", "folder"])
@pytest.mark.parametrize(
    ("file", "read"), [(one[0], one[2]) for one in CASES if isinstance(one[1], dict)][::2]
)
def test_a_file_that_is_no_json_is_named(copy: Workspace, file: str, read: Reader, kind: str) -> None:
    path: Path = copy.root / file
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir() if kind == "folder" else path.write_text("" if kind == "empty" else '{"a": [1,')
    with pytest.raises(StatError, match=f"^{path}: found a "):
        read(copy)
