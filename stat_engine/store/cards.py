"""Cards of studies and runs on disk: a study's design, a run's note and tags, and its stored summary.

A study's results are in the runs that it names. A run's summary for the table of runs is stored, so that
a hundred runs are not read again at every visit."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from stat_engine.errors import NotThereYet, StatError, shown
from stat_engine.records import content_hash
from stat_engine.store.files import read_json, safe_name, write_json
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder

LONGEST_NOTE = 2000
LONGEST_TAG = 40


def set_note(run: RunFolder, text: str) -> str:
    """Put a note of at most 2,000 characters in the place of the run's; an empty one clears it."""
    note = text.strip()
    if len(note) > LONGEST_NOTE:
        raise StatError(f"note: found {len(note):,} characters, expected at most {LONGEST_NOTE:,}")
    run.change_card(lambda card: {**card, "note": note})
    return note


def change_tags(run: RunFolder, added: Sequence[str] = (), removed: Sequence[str] = ()) -> list[str]:
    """Add and take away tags of one line and at most 40 characters; returns all, in the order they came.

    Raises StatError for a tag that is none, and for one to be taken away that the run has not."""
    new = [_checked(tag) for tag in added]

    def change(card: dict[str, Any]) -> dict[str, Any]:
        tags = list(card.get("tags") or [])
        for tag in removed:
            if tag not in tags:
                there = ", ".join(tags) or "none"
                raise StatError(f"run {run.name} has no tag {shown(tag)} (there: {there})")
        kept = [tag for tag in tags if tag not in removed]
        return {**card, "tags": list(dict.fromkeys([*kept, *new]))}

    return list(run.change_card(change)["tags"])


def _checked(tag: str) -> str:
    found = " ".join(tag.split())
    if not 0 < len(found) <= LONGEST_TAG or "," in found:
        raise StatError(f"tag {shown(tag)}: expected 1 to {LONGEST_TAG} characters without a comma")
    return found


Row = Mapping[str, Any]


def kept_row(
    workspace: WorkspaceFolder, run: RunFolder, make: Callable[[RunFolder], Row], made_by: str
) -> Row:
    """The row that `make` gives, made again when the run, or `made_by`, which names its making, changes.

    Rows are JSON values, in `.rows/` of the workspace; where that cannot be written they are not kept."""
    path, mark = workspace.root / ".rows" / f"{run.name}.json", content_hash(run.version(), made_by)
    with contextlib.suppress(StatError, OSError, KeyError, TypeError, ValueError):
        known = read_json(path)
        if isinstance(known, dict) and known.get("mark") == mark:
            return dict(known["row"])
    row = make(run)
    with contextlib.suppress(OSError):
        write_json(path, {"mark": mark, "row": row})
    return row


class _Variant(BaseModel):
    name: str
    value: Any
    run: str
    has_base: bool


class _Study(BaseModel):
    study: str
    question: str
    varied: str
    run: str
    seeds: list[int]
    contrasts: list[tuple[str, str]]
    variants: list[_Variant]


class StudyFolder:
    """`studies/<name>/study.json`: kind, the run studied, design, and its variants with their runs."""

    def __init__(self, workspace: WorkspaceFolder, name: str) -> None:
        self.workspace = workspace
        self.name = safe_name(name, "study")
        self.folder = workspace.root / "studies" / self.name

    @property
    def card(self) -> dict[str, Any] | None:
        """The card, also one from before there were references and reinforced arms; None without a study."""
        card = read_json(self.folder / "study.json")
        if card is None:
            return None
        try:
            _Study.model_validate(card)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "the file"
            raise StatError(
                f"{self.folder / 'study.json'}: field {place}: found {shown(first['input'])}, "
                f"{first['msg'].lower()}; the file is damaged: restore it from a copy, or remove the "
                "study's folder"
            ) from None
        variants = [{**variant, "reinforced": variant.get("reinforced", [])} for variant in card["variants"]]
        return {**card, "reference": card.get("reference"), "variants": variants}

    def need(self) -> dict[str, Any]:
        """The card; raises NotThereYet naming the studies there are."""
        card = self.card
        if card is None:
            there = ", ".join(study_names(self.workspace)) or "none yet"
            raise NotThereYet(
                f"no study {self.name} in {self.workspace.root} (there: {there}); make one with: "
                "stat-studio study KIND RUN"
            )
        return card

    def begin(self, card: dict[str, Any]) -> None:
        """Store a new study's card, or continue with the existing one; raises as `check` does.

        A card of another design that has no run yet gives way."""
        self.check(card)
        if self.card != card:
            write_json(self.folder / "study.json", card)

    def check(self, card: dict[str, Any]) -> None:
        """Raise StatError where another study has the name, or a run of a name that it needs is there."""
        there = self.card
        if there == card:
            return
        runs = set(self.workspace.run_names())
        if there is not None and runs.intersection(one["run"] for one in there["variants"]):
            raise StatError(
                f"study {self.name} is there with another design; give this one a name of its own: --name"
            )
        taken = runs.intersection(one["run"] for one in card["variants"])
        if taken:
            raise StatError(
                f"study {self.name}: run {min(taken)} is there already and is none of its own; choose "
                "another name: --name"
            )


def study_names(workspace: WorkspaceFolder) -> list[str]:
    """Names of the workspace's studies, sorted."""
    return sorted(path.parent.name for path in workspace.root.glob("studies/*/study.json"))
