"""The order in which arms and runs came into a workspace: charts give each its colour and marker by it.

Append-only, so that no later arm or run changes the colour of an earlier one. Workspaces from before this
file have their arms and runs in the order of the runs' making."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from stat_engine.errors import StatError
from stat_engine.store.files import append_lines, read_json, read_lines

Kind = Literal["arm", "run"]


class Mark(BaseModel):
    """One line of `marks.jsonl`."""

    kind: Kind
    name: str


def names(root: Path, kind: Kind) -> list[str]:
    """The arms' or runs' names that the workspace in `root` has had, each once, the first one first."""
    return list(dict.fromkeys([*_kept(root, kind), *_there(root, kind)]))


def add(root: Path, kind: Kind, name: str) -> None:
    """Put a name at the end where it is new, after those on disk; the base has a mark of its own."""
    kept = _kept(root, kind)
    new = [one for one in dict.fromkeys([*_there(root, kind), name]) if one not in {*kept, "base"}]
    if new:
        append_lines(_path(root), *(Mark(kind=kind, name=one).model_dump_json() for one in new))


def _kept(root: Path, kind: Kind) -> list[str]:
    return [mark.name for mark in read_lines(_path(root), Mark.model_validate)[0] if mark.kind == kind]


def _path(root: Path) -> Path:
    return root / "marks.jsonl"


def _there(root: Path, kind: Kind) -> list[str]:
    """Names on disk: runs in the order of their cards' making, the arms of each by name."""
    cards = sorted(root.glob("runs/*/run.json"), key=lambda card: (_created(card), card.parent.name))
    if kind == "run":
        return [card.parent.name for card in cards]
    arms = [arm for card in cards for arm in sorted(card.parent.glob("students/*/"))]
    evaluated = [arm for card in cards for arm in sorted(card.parent.glob("evaluations/*/"))]
    return [arm.name for arm in (*arms, *evaluated) if arm.name != "base"]


def _created(card: Path) -> str:
    try:
        found = read_json(card) or {}
    except StatError:  # a damaged card is shown as such elsewhere
        return ""
    return str(found.get("created", ""))
