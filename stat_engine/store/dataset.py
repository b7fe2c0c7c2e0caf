"""A dataset on disk: questions, Skill-Map, vocabulary and splits.

The vocabulary's versions are `vocabularies/0001.json`, `0002.json` and so on; none is ever changed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

from stat_engine.errors import NotThereYet, StatError
from stat_engine.records import Question, Record, SkillMapEntry, SkillMapReview, content_hash
from stat_engine.skills import Vocabulary
from stat_engine.store.checked_json import SKILLS, StoredAudit, StoredSplit, VocabularyOrigin, read_checked
from stat_engine.store.files import FROM_COPY, read_lines, replacing, write_json
from stat_engine.store.tables import StageTable


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
        """Digest of the Skill-Map when a version was last current; None: no later one changed it."""
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
    return VocabularyVersion.model_validate(read_checked(path, VocabularyVersion))


SPLITS = ("test", "validation")
"""The splits that may be stored; the pool stays as the dataset has it."""


class Dataset:
    """One folder of `datasets/`. Questions are read once and kept, because every stage joins on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name
        self.question_table = StageTable(folder / "questions", Question)
        self.skill_map_table = StageTable(folder / "skill_map", SkillMapEntry)
        self.vocabularies = VocabularyVersions(folder / "vocabularies")

    @cached_property
    def questions(self) -> dict[str, Question]:
        """Every question by id, in id order."""
        self.question_table.need(f"stat-studio import questions FILE --dataset {self.name}")
        return {question.id: question for question in self.question_table.read()}

    @cached_property
    def skill_map(self) -> dict[str, SkillMapEntry]:
        """Skill-Map entries by question id; empty where none was imported."""
        return {entry.question_id: entry for entry in self.skill_map_table.read()}

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The skill vocabulary; None until a Skill-Map or a vocabulary is imported."""
        skills = self._skills_file()
        return None if skills is None else Vocabulary(skills)

    def save_skill_map(self, entries: Iterable[SkillMapEntry], settings: dict[str, Any]) -> None:
        """Put a Skill-Map in place of the one there; `settings` says what made it; earlier makers stay."""
        before, rows = self.skill_map_table.manifest(), sorted(entries, key=lambda entry: entry.question_id)
        if before is not None:
            self._put_aside(before.digest)
            earlier = dict(before.settings)
            settings = {**settings, "earlier": [*earlier.pop("earlier", []), earlier]}
        fingerprint = content_hash("skill_map", [row.model_dump() for row in rows], settings)
        self.skill_map_table.write(fingerprint, rows, settings)
        self.__dict__.pop("skill_map", None)  # read again where it was read before

    def _put_aside(self, digest: str) -> None:
        """Keep the Skill-Map that is to be replaced as a file that `import skill-map` reads."""
        path = self.folder / "earlier_skill_maps" / f"{digest}.jsonl"
        if not path.exists():
            rows = [
                {"id": entry.question_id, **entry.model_dump(exclude={"question_id"}, exclude_none=True)}
                for entry in self.skill_map_table.read()
            ]
            with replacing(path) as temporary:
                temporary.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")

    def earlier_skill_map(self, digest: str) -> list[SkillMapEntry]:
        """The entries of a Skill-Map that was replaced; raises NotThereYet where its file is gone."""
        path = self.folder / "earlier_skill_maps" / f"{digest}.jsonl"
        if not path.exists():
            raise NotThereYet(f"dataset {self.name}: the Skill-Map {digest} is not kept any more in {path}")
        return read_lines(path, _earlier_entry)[0]

    def skill_map_reviews(self) -> list[SkillMapReview]:
        """Questions whose Skill-Map entry a person should review."""
        return read_lines(self.folder / "skill_map_review.jsonl", SkillMapReview.model_validate)[0]

    def save_skill_map_reviews(self, reviews: Iterable[SkillMapReview]) -> None:
        """Put a review list in the place of the one there, in question order."""
        lines = [row.model_dump_json() + "\n" for row in sorted(reviews, key=lambda row: row.question_id)]
        with replacing(self.folder / "skill_map_review.jsonl") as temporary:
            temporary.write_text("".join(lines), encoding="utf-8")

    def save_vocabulary(
        self,
        vocabulary: Vocabulary,
        is_given: bool = True,
        made_by: str = "import",
        note: str = "",
        map_before: str | None = None,
    ) -> None:
        """Keep the vocabulary as `skills.json` and as a version, and whether it was given or read off the
        Skill-Map. The one in force before is a version too, whatever made it. `map_before`: digest of the
        Skill-Map that was replaced with it."""
        current = self.vocabulary
        if current is not None and not self.vocabularies.all():
            self.vocabularies.add(current.as_lists(), "import", "as it was before versions were kept")
        self.vocabularies.add(vocabulary.as_lists(), made_by, note, map_before)
        write_json(self.folder / "vocabulary.json", {"is_given": is_given})
        write_json(self.folder / "skills.json", vocabulary.as_lists())

    def given_vocabulary(self) -> Vocabulary | None:
        """The vocabulary if one was given; one read off a Skill-Map grows with the next map."""
        origin = read_checked(self.folder / "vocabulary.json", VocabularyOrigin) or {}
        return self.vocabulary if origin.get("is_given") else None

    def split(self, name: str) -> list[Question]:
        """The questions of a split in id order: the stored one, else as the dataset itself is split."""
        stored = self._split_file(name)
        if stored is not None:
            return [self.questions[id] for id in sorted(stored["ids"])]
        taken = {id for other in SPLITS if other != name for id in self._stored(other)}
        return [q for q in self.questions.values() if q.split == name and q.id not in taken]

    def need_split(self, name: str) -> list[Question]:
        """The questions of a split; raises NotThereYet with the command that makes one where it is empty."""
        questions = self.split(name)
        if not questions:
            raise NotThereYet(
                f"dataset {self.name} has no {name} questions; make them with: "
                f"stat-studio split {self.name} --validation N --from test"
            )
        return questions

    def save_split(self, name: str, ids: Sequence[str], made_by: dict[str, object]) -> None:
        """Keep a split's question ids and how they were drawn."""
        write_json(self.folder / "splits" / f"{name}.json", {**made_by, "ids": sorted(ids)})

    def save_splits(self, splits: Mapping[str, Sequence[str]], made_by: dict[str, object]) -> None:
        """Put new splits in the place of the stored ones.

        All are written before the old ones go, so a full disk changes nothing; a kill between leaves none
        that overlap."""
        with ExitStack() as stack:
            for name, ids in splits.items():
                temporary = stack.enter_context(replacing(self.folder / "splits" / f"{name}.json"))
                stored = json.dumps({**made_by, "ids": sorted(ids)}, indent=1, ensure_ascii=False)
                temporary.write_text(stored + "\n", encoding="utf-8")
            self.forget_splits()

    def forget_splits(self) -> None:
        """Drop the stored splits; a kill before the new ones are whole then leaves none that overlap."""
        for name in SPLITS:
            (self.folder / "splits" / f"{name}.json").unlink(missing_ok=True)

    def held_out_ids(self) -> list[str]:
        """Ids of the stored validation and test questions: not of the pool, whatever the dataset says."""
        return [id for name in SPLITS for id in self._stored(name)]

    def _split_file(self, name: str) -> Any:
        again = f"{FROM_COPY}, or split again with: stat-studio split {self.name} --validation N --from test"
        return read_checked(self.folder / "splits" / f"{name}.json", StoredSplit, again)

    def _audit_file(self) -> Any:
        place = self.folder / "audit.json"
        again = f"remove it and audit again with: stat-studio audit-skill-map {self.name}"
        return read_checked(place, StoredAudit, again)

    def _skills_file(self) -> Any:
        way_out = f"{FROM_COPY}; the newest file in {self.folder / 'vocabularies'} has the names too"
        return read_checked(self.folder / "skills.json", SKILLS, way_out)

    def _stored(self, name: str) -> list[str]:
        stored = self._split_file(name)
        return list(stored["ids"]) if stored else []

    def stored_split(self, name: str) -> dict[str, Any] | None:
        """A stored split with how it was drawn, {"from", "seed", "ids"}; None: the dataset's own holds."""
        stored = self._split_file(name)
        return dict(stored) if stored else None

    def version(self) -> str:
        """Changes whenever something in the dataset does: what caches of views are keyed on."""
        marks = [*self.folder.glob("*.json*"), *self.folder.glob("*/*.json")]
        return content_hash(sorted((str(path), path.stat().st_mtime_ns) for path in marks))

    def digest(self, split: str) -> str:
        """Hash of what a split's questions say: changes when a question or the split does."""
        manifest = self.question_table.need(f"stat-studio import questions FILE --dataset {self.name}")
        stored = self._split_file(split)
        return content_hash(manifest.digest, stored["ids"] if stored else split)

    def skill_map_digest(self) -> str:
        """Hash of the Skill-Map and the vocabulary; the same text for a dataset without."""
        manifest = self.skill_map_table.manifest()
        return content_hash(
            manifest.digest if manifest else None,
            self._skills_file(),
        )

    def save_audit(self, findings: list[str], rows: Sequence[dict[str, Any]] = ()) -> None:
        """Keep what was found of the Skill-Map as it now is, with the audit's figures where there are any."""
        found = {"skill_map": self.skill_map_digest(), "findings": findings, "rows": list(rows)}
        write_json(self.folder / "audit.json", found)

    def audit(self) -> dict[str, Any] | None:
        """The kept audit {"findings", "rows", "is_current"}; None where nobody looked yet."""
        kept = self._audit_file()
        if kept is None:
            return None
        rows = kept.get("rows", [])
        return {"findings": kept["findings"], "rows": rows, "is_current": self.is_audited()}

    def is_audited(self) -> bool:
        """Whether somebody looked at the Skill-Map as it now is."""
        audit = self._audit_file() or {}
        return bool(audit.get("skill_map") == self.skill_map_digest())

    def audit_findings(self) -> list[str]:
        """What was found of the Skill-Map; that nobody looked, where nobody did since it changed."""
        if self.is_audited():
            findings = (self._audit_file() or {})["findings"]
            return [f"Skill-Map of {self.name}: {finding}" for finding in findings]
        return [
            f"Skill-Map of {self.name}: not audited; see how far to trust it with: "
            f"stat-studio audit-skill-map {self.name}"
        ]

    def need_skill_map(self) -> Vocabulary:
        """The vocabulary; raises StatError where the dataset has no Skill-Map."""
        vocabulary = self.vocabulary
        if vocabulary is None:
            raise StatError(
                f"dataset {self.name} has no Skill-Map; import one with: "
                f"stat-studio import skill-map FILE --dataset {self.name}"
            )
        return vocabulary


def _earlier_entry(row: dict[str, Any]) -> SkillMapEntry:
    return SkillMapEntry(question_id=row.pop("id"), **row)
