"""Import questions and Skill-Maps into a dataset of the workspace: add new rows, keep existing ones."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stat_engine.errors import InputError, StatError, shown
from stat_engine.formats.contradictions import in_file, in_rows
from stat_engine.formats.question_columns import (
    SCHEMA,
    NotPlain,
    doubled,
    parts_by_row,
    plain_parts,
    with_split,
)
from stat_engine.formats.questions import questions_by_line
from stat_engine.formats.rows import ROWS, Around, Reading, check_file
from stat_engine.formats.skill_maps import for_questions, read_skill_map, read_vocabulary
from stat_engine.records import Question, Record, SkillMapEntry, Split, content_hash
from stat_engine.skills import Vocabulary
from stat_engine.store import query
from stat_engine.store.dataset import Dataset
from stat_engine.store.files import sha256, staging
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
    before = table.manifest()
    settings: dict[str, Any] = {"source": path.name, "sha256": sha256(path)}
    if before is not None:
        earlier = dict(before.settings)
        settings["earlier"] = [*earlier.pop("earlier", []), earlier]
    digest = before.digest if before is not None else None
    fingerprint = content_hash(table.name, settings["sha256"], digest, list(inputs))
    table.write(fingerprint, records, settings, list(notes))


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
    is_new = not reading.is_preview and dataset.question_table.manifest() is None
    if is_new and (made := _make_questions(dataset, path, reading, split)):
        return made
    by_line = questions_by_line(path, reading)
    read = [question for _, question in by_line]
    if split is not None:
        read = [question.model_copy(update={"split": question.split or split}) for question in read]
    return add_questions(workspace, name, path, read, reading) | _noted(in_rows(path, by_line))


def _noted(notes: list[str]) -> dict[str, object]:
    return {"notes": notes} if notes else {}


def _make_questions(
    dataset: Dataset, path: Path, reading: Reading, split: Split | None
) -> dict[str, object] | None:
    """A new dataset's questions, sorted by id, from a file of any length: only a part of it is in memory.

    None where somebody else made the dataset in the meantime."""
    check_file(path, ROWS)
    table, root = dataset.question_table, dataset.folder.parent.parent
    # the file is hashed beside the reading; the dataset is not begun before the whole file is checked
    with ThreadPoolExecutor(1) as beside, staging(root) as folder:
        hashed = beside.submit(sha256, path)
        place = folder / "questions.parquet"
        try:
            is_sorted = _staged(place, plain_parts(path, reading), split, reading)
        except NotPlain:
            is_sorted = _staged(place, parts_by_row(path, reading), split)
        if not is_sorted:
            if ids := query.repeated(place, "id"):
                raise doubled(path, reading, set(ids)) or StatError(f"{path}: changed while it was read")
            query.sort_file(place, "id", SCHEMA)
        notes = in_file(place, path, reading)
        with reading.lock(dataset.folder / ".lock", f"dataset {dataset.name}"):
            if table.manifest() is not None:
                return None
            settings: dict[str, Any] = {"source": path.name, "sha256": hashed.result()}
            table.adopt(place, content_hash(table.name, settings["sha256"], None, []), settings)
    found = query.rows(_COUNTS, {"questions": (table.files(), Question)})
    splits = {str(row["split"] or "none"): int(row["n"]) for row in found}
    subjects = query.rows(_SUBJECTS, {"questions": (table.files(), Question)})[0]["n"]
    n = sum(splits.values())
    by_split = dict(sorted(splits.items()))
    return {
        "n_questions": n,
        "n_new": n,
        "by_split": by_split,
        "n_subjects": subjects,
        "n_skipped": 0,
    } | _noted(notes)


_COUNTS = "select split, count(*) as n from questions group by split"
_SUBJECTS = "select count(distinct subject) as n from questions"


def _staged(place: Path, parts: Iterable[pa.Table], split: Split | None, told: Reading | None = None) -> bool:
    """Write parts to a file and tell of each; whether their ids rise, so that none stands twice."""
    is_sorted, last, n_rows = True, "", 0
    with pq.ParquetWriter(place, SCHEMA) as writer:
        for part in parts:
            ids = part["id"].combine_chunks()
            if is_sorted and len(ids):
                rises = pc.all(pc.less(ids.slice(0, len(ids) - 1), ids.slice(1))).as_py() is not False
                is_sorted, last = rises and last < ids[0].as_py(), ids[-1].as_py()
            writer.write_table(with_split(part, split))
            n_rows += len(ids)
            if told:
                told.tell(n_rows)
    return is_sorted


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
