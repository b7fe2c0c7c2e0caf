"""Versions of a dataset's vocabulary, changed without breaking its Skill-Map."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from stat_engine.errors import StatError, shown
from stat_engine.formats.skill_maps import for_questions
from stat_engine.records import SkillMapEntry, SkillMapReview
from stat_engine.skill_map.skill_map import save_reviews
from stat_engine.skills import Skill, Vocabulary, normalise
from stat_engine.store.dataset import Dataset
from stat_engine.store.files import only_one

Renames = Mapping[str, str]
"""Old name -> new name, whatever the subject."""


def change_vocabulary(
    dataset: Dataset,
    vocabulary: Vocabulary,
    renames: Renames | None = None,
    is_drop: bool = False,
    made_by: str = "import",
    note: str = "",
    is_dry: bool = False,
    earlier: Iterable[SkillMapEntry] = (),
) -> dict[str, Any]:
    """Put another vocabulary in force, as a new version, and carry the Skill-Map over to it; dry: only tell.

    `earlier` entries take the place of those of their questions first. Raises StatError naming the skills
    that the map uses and the vocabulary has not, unless `renames` say what they are called now or `is_drop`
    takes them out. Entries that lose all skills go to the review list.
    {"dataset", "version", "n_skills", "added", "removed", "n_changed", "n_dropped"}."""
    new, before = for_questions(vocabulary, dataset.questions), dataset.vocabulary or Vocabulary({})
    _check_renames(renames or {}, before, new)
    with only_one(dataset.folder / ".lock", f"dataset {dataset.name}"):
        there = {entry.question_id: entry for entry in dataset.skill_map_table.read()}
        wanted = there | {entry.question_id: entry for entry in earlier}
        entries, dropped = carried_over(dataset.name, wanted.values(), new, renames or {}, is_drop)
        changed = {entry.question_id for entry in entries if there.get(entry.question_id) != entry}
        if not is_dry:
            put_in_force(dataset, new, entries, dropped, len(changed), made_by, note)
    return {
        "dataset": dataset.name,
        "version": next_version(dataset, new, bool(changed or dropped)) if is_dry else newest(dataset),
        "n_skills": len(new),
        **changes(before, new),
        "n_changed": len(changed),
        "n_dropped": len(dropped),
    }


def restore_vocabulary(
    dataset: Dataset,
    version: int,
    renames: Renames | None = None,
    is_drop: bool = False,
    with_map: bool = False,
    is_dry: bool = False,
) -> dict[str, Any]:
    """Restore an earlier version, as a new version, under the same conditions as an import.

    `with_map` puts back the entries of the Skill-Map as well, as they were when that version was last in
    force; questions that were mapped only later keep theirs."""
    wanted, digest = dataset.vocabularies.need(version), dataset.vocabularies.map_of(version)
    earlier = dataset.earlier_skill_map(digest) if with_map and digest else []
    made_by = f"version {version} restored" + (" with its Skill-Map" if earlier else "")
    return change_vocabulary(
        dataset, wanted.vocabulary, renames, is_drop, made_by, wanted.note, is_dry, earlier
    )


def newest(dataset: Dataset) -> int:
    """Number of the version in force."""
    return dataset.vocabularies.all()[-1].version


def next_version(dataset: Dataset, vocabulary: Vocabulary, changes_map: bool) -> int:
    """The number that a change will have: that of the version in force where nothing changes."""
    kept, current = dataset.vocabularies.all(), dataset.vocabulary
    there = len(kept) or (1 if current else 0)
    is_same = current is not None and current.as_lists() == vocabulary.as_lists()
    return there if is_same and not changes_map else there + 1


def put_in_force(
    dataset: Dataset,
    vocabulary: Vocabulary,
    entries: list[SkillMapEntry],
    dropped: list[SkillMapReview],
    n_changed: int,
    made_by: str,
    note: str,
) -> None:
    """Keep the vocabulary, and the Skill-Map where entries changed; the caller holds the lock."""
    before = dataset.skill_map_table.manifest() if n_changed or dropped else None
    if n_changed or dropped:
        dataset.save_skill_map(entries, {"made_by": made_by, "n_changed": n_changed})
        save_reviews(dataset, {review.question_id for review in dropped}, dropped, {})
    dataset.save_vocabulary(vocabulary, True, made_by, note, before.digest if before else None)


def versions(dataset: Dataset) -> list[dict[str, Any]]:
    """One row a version, oldest first: version, made_by, note, n_skills, added and removed since the last."""
    rows, before = [], Vocabulary({})
    for one in dataset.vocabularies.all():
        now = one.vocabulary
        rows.append(
            {
                "version": one.version,
                "made_by": one.made_by,
                "note": one.note,
                "n_skills": len(now),
                **changes(before, now),
            }
        )
        before = now
    return rows


def changes(before: Vocabulary, now: Vocabulary) -> dict[str, list[str]]:
    """{"added", "removed"}: skills as "subject: name", or the name alone where there is one list for all."""
    old, new = set(before), set(now)
    return {
        "added": [in_words(skill) for skill in sorted(new - old)],
        "removed": [in_words(skill) for skill in sorted(old - new)],
    }


def in_words(skill: Skill) -> str:
    """A skill with its subject, for people."""
    subject, name = skill
    return f"{subject}: {name}" if subject else name


def carried_over(
    name: str, entries: Iterable[SkillMapEntry], vocabulary: Vocabulary, renames: Renames, is_drop: bool
) -> tuple[list[SkillMapEntry], list[SkillMapReview]]:
    """(the entries in the new names, those of questions that lost all skills as review lines)."""
    called = {normalise(old): new for old, new in renames.items()}
    kept, dropped, lost = [], [], Counter[Skill]()
    for entry in entries:
        found = {
            skill: vocabulary.find(entry.subject, called.get(normalise(skill), skill))
            for skill in entry.skills
        }
        gone = [skill for skill, now in found.items() if now is None]
        lost.update((entry.subject, skill) for skill in gone)
        skills = list(dict.fromkeys(now for now in found.values() if now))
        if skills:
            kept.append(entry.model_copy(update={"skills": skills}))
        else:
            dropped.append(_without_skills(entry, gone))
    if lost and not is_drop:
        raise StatError(_refusal(name, lost))
    return kept, dropped


def _refusal(name: str, lost: Counter[Skill]) -> str:
    first = [f"{in_words(skill)} ({n:,} questions)" for skill, n in lost.most_common(20)]
    more = f" and {len(lost) - 20} more" if len(lost) > 20 else ""
    return (
        f"the Skill-Map of {name} uses {len(lost)} skills that the new vocabulary does not have: "
        f"{', '.join(first)}{more}; say what each is called now with --rename OLD=NEW, or take them out of "
        "the map with --drop"
    )


def _without_skills(entry: SkillMapEntry, gone: list[str]) -> SkillMapReview:
    return SkillMapReview(
        question_id=entry.question_id,
        subject=entry.subject,
        status="off_vocabulary",
        skills=[],
        detail=f"no longer in the vocabulary: {', '.join(gone)}",
    )


def _check_renames(renames: Renames, before: Vocabulary, now: Vocabulary) -> None:
    """Refuse a rename that cannot mean anything, which is a slip of the pen."""
    for old, new in renames.items():
        for name, of, what in ((old, before, "the current vocabulary"), (new, now, "the new one")):
            if not any(of.find(subject, name) for subject in of.as_lists()):
                raise StatError(
                    f"rename {shown(f'{old}={new}')}: found {shown(name)}, expected a skill of {what}"
                )
