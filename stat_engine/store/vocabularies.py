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

    def add(self, skills: dict[str, list[str]], made_by: str, note: str) -> VocabularyVersion:
        """Keep a vocabulary as the next version, unless the newest one holds the same skills."""
        versions = self.all()
        if versions and versions[-1].skills == skills:
            return versions[-1]
        number = versions[-1].version + 1 if versions else 1
        added = VocabularyVersion(version=number, made_by=made_by, note=note, skills=skills)
        write_json(self.folder / f"{number:04d}.json", added.model_dump())
        return added


def _read(path: Path) -> VocabularyVersion:
    try:
        return VocabularyVersion.model_validate(read_json(path))
    except ValidationError:
        raise StatError(f"{path}: found a damaged file, expected a version of a vocabulary") from None
