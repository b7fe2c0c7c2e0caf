"""Finding a dataset's vocabulary, and relabelling its questions from it."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stat_engine.errors import StatError
from stat_engine.records import Question
from stat_engine.skill_work.choosing import BATCH, Adviser, Choice, Part, choose, subject_groups
from stat_engine.skill_work.labelling import label_in_batches, save_reviews
from stat_engine.skill_work.vocabularies import carried_over
from stat_engine.skills import Vocabulary
from stat_engine.stages.discovery import (
    DISTANCE,
    cluster_by_spelling,
    cluster_by_teacher,
    free_names,
    tally,
    vocabulary_of,
)
from stat_engine.store.dataset import Dataset
from stat_engine.store.files import only_one, write_json

Clustering = Literal["teacher", "spelling"]
Clusters = dict[str, dict[str, str]]
"""Subject -> free name -> cluster."""


@dataclass(frozen=True)
class Method:
    """How names become skills, and what is then done with them."""

    clustering: Clustering = "teacher"
    distance: float = DISTANCE
    """Cosine distance, for `spelling` only."""
    relabel: Part = "all"
    is_drop: bool = False
    """Take skills that are no longer in the vocabulary out of entries that are not relabelled."""


def discover(
    dataset: Dataset, adviser: Adviser, choice: Choice, method: Method | None = None, out: Path | None = None
) -> dict[str, Any]:
    """Name freely, cluster, save the vocabulary as a new version and relabel; with `out` only write it there.

    {"dataset", "teacher", "n_questions", "n_skills", "subjects": one row each,
    "clusters": {subject: {skill: free names}}, "n_labelled", "n_review"}. Raises StatError where entries
    that are not relabelled use skills that are gone."""
    method, questions = method or Method(), choose(dataset, choice)
    named = _named(questions, adviser)
    clusters = {subject: _clusters(subject, names, adviser, method) for subject, names in named.items()}
    vocabulary = vocabulary_of(clusters)
    result: dict[str, Any] = {
        "dataset": dataset.name,
        "teacher": adviser.name,
        "n_questions": len(questions),
        "n_skills": len(vocabulary),
        "subjects": [_row(subject, named[subject], of) for subject, of in clusters.items()],
        "clusters": {subject: _members(of) for subject, of in clusters.items()},
        "n_labelled": 0,
        "n_review": 0,
    }
    if out is not None:
        write_json(out, vocabulary.as_lists())
        return result | {"out": str(out)}
    return result | _relabel(dataset, adviser, vocabulary, method)


def _named(questions: list[Question], adviser: Adviser) -> dict[str, Counter[str]]:
    """Subject -> how many questions each free name was given to."""
    done, tallies = 0, {}
    for subject, of in subject_groups(questions).items():
        named: dict[str, list[str]] = {}
        for at in range(0, len(of), BATCH):
            batch = of[at : at + BATCH]
            named |= free_names(batch, adviser.ask, subject)
            done += len(batch)
            adviser.report.progress("free_skills", done, len(questions))
        unread = sum(not names for names in named.values())
        if unread:
            adviser.report.say(
                "free_skills", f"{unread:,} questions of {subject or 'all'} without a readable name"
            )
        tallies[subject] = tally(named)
    if not any(tallies.values()):
        raise StatError(
            f"skills discover: no skill name could be read in {adviser.name}'s answers about "
            f"{len(questions):,} questions; they are kept in teacher_calls/{adviser.name}.jsonl"
        )
    return tallies


def _clusters(subject: str, names: Counter[str], adviser: Adviser, method: Method) -> dict[str, str]:
    if method.clustering == "spelling":
        return cluster_by_spelling(names, method.distance)
    return cluster_by_teacher(subject, names, adviser.ask)


def _relabel(dataset: Dataset, adviser: Adviser, vocabulary: Vocabulary, method: Method) -> dict[str, Any]:
    questions = choose(dataset, Choice(method.relabel))
    asked = {question.id for question in questions}
    others = [entry for entry in dataset.skill_map.values() if entry.question_id not in asked]
    carried_over(dataset.name, others, vocabulary, {}, method.is_drop)  # refuse before anything is paid for
    labelled = label_in_batches(questions, vocabulary, adviser)
    made_by = f"discovered with {adviser.name}, clusters by {method.clustering}"
    with only_one(dataset.folder / ".lock", f"dataset {dataset.name}"):
        there = [entry for entry in dataset.skill_map_table.read() if entry.question_id not in asked]
        kept, dropped = carried_over(dataset.name, there, vocabulary, {}, method.is_drop)
        entries = {entry.question_id: entry for entry in [*kept, *labelled.entries]}
        dataset.save_skill_map(entries.values(), {"made_by": made_by, "n_questions": len(questions)})
        lost = {review.question_id for review in dropped}
        save_reviews(dataset, asked | lost, [*labelled.reviews, *dropped], entries)
        # last: a dataset that has a vocabulary has its Skill-Map
        dataset.save_vocabulary(vocabulary, made_by=made_by)
    return {"n_labelled": len(labelled.entries), "n_review": len(labelled.reviews) + len(dropped)}


def _row(subject: str, names: Counter[str], clusters: dict[str, str]) -> dict[str, Any]:
    return {"subject": subject, "n_free_names": len(names), "n_skills": len(set(clusters.values()))}


def _members(clusters: dict[str, str]) -> dict[str, list[str]]:
    """Skill -> the free names in it."""
    found: dict[str, list[str]] = {}
    for name, head in sorted(clusters.items()):
        found.setdefault(head, []).append(name)
    return dict(sorted(found.items()))
