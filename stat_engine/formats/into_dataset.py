"""Import questions and Skill-Maps into a dataset of the workspace: add new rows, keep existing ones."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

from stat_engine.errors import InputError, StatError, shown
from stat_engine.formats.contradictions import in_file
from stat_engine.formats.question_merge import merge_questions, stage_questions
from stat_engine.formats.rows import ROWS, Around, Reading, check_file
from stat_engine.formats.skill_maps import for_questions, read_skill_map, read_vocabulary
from stat_engine.records import Question, Record, SkillMapEntry, Split, content_hash
from stat_engine.skills import Vocabulary
from stat_engine.store import query
from stat_engine.store.dataset import Dataset
from stat_engine.store.files import sha256
from stat_engine.store.tables import StageTable
from stat_engine.store.workspace import WorkspaceFolder

R = TypeVar("R", bound=Record)


def merge(
    there: Iterable[R],
    new: Iterable[R],
    key: Callable[[R], Hashable],
    clash: Callable[[R], StatError],
    around: Around = nullcontext,
) -> tuple[list[R], int]:
    """(all records, how many of them are new); raises `clash(record)` for another one under a taken key."""
    records = {key(record): record for record in there}
    n_before = len(records)
    for record in new:
        if records.setdefault(key(record), record) != record:
            with around():
                raise clash(record)
    return list(records.values()), len(records) - n_before


def write(
    table: StageTable,
    path: Path,
    records: Sequence[Record],
    inputs: Sequence[object] = (),
    notes: Sequence[str] = (),
) -> None:
    """Write a table that came from a file, with the file's name and hash and those of earlier ones.

    `inputs` is what decides the records beside the file and the table as it was."""
    settings, fingerprint = _origin(table, path, sha256(path), inputs)
    table.write(fingerprint, records, settings, list(notes))


def adopt(
    table: StageTable,
    place: Path,
    path: Path,
    inputs: Sequence[object] = (),
    notes: Sequence[str] = (),
    hashed: str | None = None,
) -> None:
    """The same with a table that is written already, at `place`, which is moved; `hashed`: hash of `path`."""
    settings, fingerprint = _origin(table, path, hashed or sha256(path), inputs)
    table.adopt(place, fingerprint, settings, notes)


def _origin(
    table: StageTable, path: Path, hashed: str, inputs: Sequence[object]
) -> tuple[dict[str, Any], str]:
    """(settings, fingerprint) of a table that comes from a file."""
    before = table.manifest()
    settings: dict[str, Any] = {"source": path.name, "sha256": hashed}
    if before is not None:
        earlier = dict(before.settings)
        settings["earlier"] = [*earlier.pop("earlier", []), earlier]
    digest = before.digest if before is not None else None
    return settings, content_hash(table.name, settings["sha256"], digest, list(inputs))


def need_rows(path: Path, n_rows: int) -> None:
    """Raise InputError where every row was skipped: such a file belongs to something else."""
    if not n_rows:
        raise InputError(path, "at least one row that belongs here", "only rows to skip")


def skip_notes(n_skipped: int, why: str) -> list[str]:
    """A sentence on the rows left out; none where none were."""
    return [f"rows skipped: {n_skipped:,}, because {why}"] if n_skipped else []


def import_questions(
    workspace: WorkspaceFolder,
    name: str,
    path: Path,
    reading: Reading | None = None,
    split: Split | None = None,
) -> dict[str, object]:
    """Make a dataset of a questions file, or add its questions to it; `split` is for rows that name none.

    Raises InputError for a file that does not fit, also for a question that the dataset has otherwise."""
    reading, dataset = reading or Reading(), workspace.dataset(name)
    check_file(path, ROWS)
    table = dataset.question_table
    # the file is hashed beside the reading; the dataset is not begun before the whole file is checked
    with ThreadPoolExecutor(1) as beside, reading.room(workspace.root) as folder:
        hashed = None if reading.is_preview else beside.submit(sha256, path)
        place = folder / "questions.parquet"
        stage_questions(place, path, reading, split)
        notes = [] if reading.n_faults else in_file(place, path, Reading(reading.columns))
        with reading.lock(dataset.folder / ".lock", f"dataset {name}"):
            n_new = merge_questions(place, table, path, reading)
            found = query.rows(_COUNTS, {"questions": ([place], Question)})
            subjects = query.rows(_SUBJECTS, {"questions": ([place], Question)})[0]["n"]
            if n_new and hashed:
                adopt(table, place, path, hashed=hashed.result())
    splits = {str(row["split"] or "none"): int(row["n"]) for row in found}
    return {
        "n_questions": sum(splits.values()),
        "n_new": n_new,
        "by_split": dict(sorted(splits.items())),
        "n_subjects": subjects,
        "n_skipped": 0,
    } | ({"notes": notes} if notes else {})


_COUNTS = "select split, count(*) as n from questions group by split"
_SUBJECTS = "select count(distinct subject) as n from questions"


def add_questions(
    workspace: WorkspaceFolder,
    name: str,
    path: Path,
    read: Sequence[Question],
    reading: Reading | None = None,
) -> dict[str, object]:
    """Make a dataset of the questions that a file holds, or add them to the dataset.

    Raises InputError for a question that the dataset has otherwise."""
    dataset, reading = workspace.dataset(name), reading or Reading()

    def clash(question: Question) -> StatError:
        found = f"{shown(question.id)} with other content than dataset {name} has"
        return InputError(path, "the same question, or another --dataset name", found, field="id")

    with reading.lock(dataset.folder / ".lock", f"dataset {name}"):
        there = dataset.question_table.read()
        questions, n_new = merge(there, read, lambda question: question.id, clash, reading.row)
        if n_new and not reading.is_preview:
            questions.sort(key=lambda question: question.id)
            write(dataset.question_table, path, questions)
    splits = Counter(question.split or "none" for question in questions)
    return {
        "n_questions": len(questions),
        "n_new": n_new,
        "by_split": dict(sorted(splits.items())),
        "n_subjects": len({question.subject for question in questions if question.subject}),
        "n_skipped": 0,
    }


def import_skill_map(
    workspace: WorkspaceFolder,
    name: str,
    path: Path,
    vocabulary: Path | None,
    skip_unknown: bool,
    reading: Reading | None = None,
) -> dict[str, object]:
    """Import a Skill-Map with its vocabulary: the one given, else the one there, else the map's own names.

    Entries of questions that the file does not name stay; those it names are replaced. Raises
    InputError for a file that does not fit, StatError where an entry that stays no longer does."""
    dataset, reading = workspace.need_dataset(name), reading or Reading()
    given = read_vocabulary(vocabulary) if vocabulary is not None else dataset.given_vocabulary()
    read, n_skipped = read_skill_map(path, dataset.questions, given, skip_unknown, reading)
    need_rows(path, len(read) + reading.n_faults)
    notes = skip_notes(n_skipped, f"dataset {name} does not have their questions")
    with reading.lock(dataset.folder / ".lock", f"dataset {name}"):
        there = {entry.question_id: entry for entry in dataset.skill_map_table.read()}
        entries = there | {entry.question_id: entry for entry in read}
        used = _vocabulary(dataset, given, entries)
        records = [entries[id] for id in sorted(entries)]
        if entries != there and not reading.is_preview:
            write(dataset.skill_map_table, path, records, notes=notes)
        if not reading.is_preview:  # last: a dataset that has a vocabulary has its Skill-Map
            dataset.save_vocabulary(used, is_given=given is not None)
    return {
        "n_entries": len(entries),
        "n_new": len(entries) - len(there),
        "n_replaced": sum(1 for entry in read if there.get(entry.question_id, entry) != entry),
        "n_questions_without_skills": len(dataset.questions.keys() - entries.keys()),
        "n_skills": len(used),
        "n_skipped": n_skipped,
        "notes": [*notes, *dataset.audit_findings()],
    }


def _vocabulary(
    dataset: Dataset, given: Vocabulary | None, entries: Mapping[str, SkillMapEntry]
) -> Vocabulary:
    """The vocabulary to keep; raises StatError where an entry has a skill that it has not."""
    if given is None:
        return Vocabulary.of_entries((entry.subject, entry.skills) for entry in entries.values())
    used = for_questions(given, dataset.questions)
    for entry in entries.values():
        for skill in entry.skills:
            if used.find(entry.subject, skill) is None:
                mapped = f"question {shown(entry.question_id)} mapped to {shown(skill)}"
                raise StatError(
                    f"dataset {dataset.name} has {mapped}, which is not in the new vocabulary; "
                    "import a Skill-Map that maps this question too"
                )
    return used
