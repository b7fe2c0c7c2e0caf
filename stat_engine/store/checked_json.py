"""JSON files of a workspace, their fields checked: a damaged one is named with field and way out."""

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from stat_engine.errors import Damaged, shown
from stat_engine.store.files import FROM_COPY, read_json


class _Stored(BaseModel):
    """An object of which some fields are checked."""

    model_config = ConfigDict(extra="allow", defer_build=True)


class StoredSplit(_Stored):
    """`splits/NAME.json`."""

    ids: list[str]


class StoredAudit(_Stored):
    """`audit.json`."""

    skill_map: str = ""
    findings: list[str]
    rows: list[dict[str, Any]] = []


class VocabularyOrigin(_Stored):
    """`vocabulary.json`."""

    is_given: bool


class StoredCard(_Stored):
    """`run.json`, without what its configuration holds."""

    config: dict[str, Any] = {}
    parent: str | None = None
    created: str = ""
    versions: dict[str, str] = {}
    tags: list[str] | None = None
    note: str | None = None
    round: dict[str, Any] | None = None


class ArmCard(_Stored):
    """`manifest.json` of a trained arm, and `plan.json` of one that is in training."""

    fingerprint: str = ""
    weights: str = ""
    set: str | None = None
    n_pairs: int | None = None
    settings: dict[str, Any] = {}


class Batches(_Stored):
    """`plan.json` of a table under way."""

    n_batches: int


SKILLS = dict[str, list[str]]
"""`skills.json`: names by subject."""


def read_checked(path: Path, kind: Any, way_out: str = FROM_COPY) -> Any | None:
    """What `read_json` gives, where its fields are of the kind; None where there is no such file.

    Raises StatError naming file, field, found and expected, with the way out."""
    value = read_json(path)
    if value is None:
        return None
    try:
        _adapter(kind).validate_python(value, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(map(str, first["loc"]))
        place = f"{path}, field {at}" if at else f"{path}"
        is_missing = first["type"] == "missing"
        found = "no such field" if is_missing else shown(first["input"])
        expected = (
            "it" if is_missing else first["msg"].removeprefix("Input should be ").partition(" or instance")[0]
        )
        raise Damaged(
            f"{place}: found {found}, expected {expected}; the file is damaged: {way_out}"
        ) from None
    return value


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
