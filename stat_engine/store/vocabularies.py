"""Versions of a dataset's vocabulary: `vocabularies/0001.json`, `0002.json` and on; none is ever changed."""

from pathlib import Path

from pydantic import ValidationError

from stat_engine.errors import NotThereYet, StatError
from stat_engine.records import Record
from stat_engine.skills import Vocabulary
from stat_engine.store.files import read_json, write_json


class VocabularyVersion(Record):
    """A vocabulary as it once was."""

    version: int
    """From 1."""
    made_by: str
    """What made it: an import, a discovery, an edit, a restored version."""
    note: str
    """A person's words; may be empty."""
    skills: dict[str, list[str]]
    """Skill names by subject."""
    map_before: str | None = None
    """Digest of the Skill-Map that this version's making replaced, kept under `earlier_skill_maps/`; null: it
    changed no entry."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The version, ready to look names up in."""
        return Vocabulary(self.skills)


class VocabularyVersions:
    """The folder of one dataset's versions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[VocabularyVersion]:
        """Every version, oldest first."""
        return [_read(path) for path in sorted(self.folder.glob("[0-9][0-9][0-9][0-9].json"))]

    def need(self, version: int) -> VocabularyVersion:
        """One version; raises NotThereYet naming those that are there."""
        found = {one.version: one for one in self.all()}
        if version not in found:
            there = ", ".join(map(str, found)) or "none yet"
            raise NotThereYet(
                f"dataset {self.folder.parent.name} has no vocabulary version {version} (there: {there}); "
                f"list them with: stat-studio skills versions {self.folder.parent.name}"
            )
        return found[version]

    def map_of(self, version: int) -> str | None:
        """Digest of the Skill-Map when a version was last in force; None: no later one changed it."""
        later = (one for one in self.all() if one.version > version)
        return next((one.map_before for one in later if one.map_before is not None), None)

    def add(
        self, skills: dict[str, list[str]], made_by: str, note: str, map_before: str | None = None
    ) -> VocabularyVersion:
        """Keep a vocabulary as the next version, unless it is as the newest one and no entry changed."""
        versions = self.all()
        if versions and versions[-1].skills == skills and map_before is None:
            return versions[-1]
        number = versions[-1].version + 1 if versions else 1
        added = VocabularyVersion(
            version=number, made_by=made_by, note=note, skills=skills, map_before=map_before
        )
        write_json(self.folder / f"{number:04d}.json", added.model_dump())
        return added


def _read(path: Path) -> VocabularyVersion:
    try:
        return VocabularyVersion.model_validate(read_json(path))
    except ValidationError:
        raise StatError(f"{path}: found a damaged file, expected a version of a vocabulary") from None
