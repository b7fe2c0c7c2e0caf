"""Label a dataset's Skill-Map with a teacher, and compare it with the existing map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from stat_engine.errors import StatError
from stat_engine.models.base import Ask
from stat_engine.models.paid_calls.account import Report
from stat_engine.records import Question, SkillMapEntry, SkillMapReview
from stat_engine.skill_map.skill_map import Labelled, label_skills, overlap
from stat_engine.skills import Vocabulary, normalise
from stat_engine.stats import wilson
from stat_engine.store.dataset import Dataset
from stat_engine.store.files import only_one

Part = Literal["train", "validation", "test", "all"]
BATCH = 200
"""Questions between two reports of progress; every answer is on disk before that."""


@dataclass(frozen=True)
class Adviser:
    """A teacher as this work knows it."""

    ask: Ask
    name: str
    """Endpoint name, as the Skill-Map's manifest keeps it."""
    report: Report


@dataclass(frozen=True)
class Choice:
    """Some questions of a dataset: a split, or a sample of it by subject."""

    part: Part = "train"
    per_subject: int | None = None
    """Questions a subject; null: all."""
    seed: int = 0


def choose(dataset: Dataset, choice: Choice) -> list[Question]:
    """The questions chosen, in id order; raises NotThereYet or StatError where there is none."""
    is_all = choice.part == "all"
    questions = list(dataset.questions.values()) if is_all else dataset.need_split(choice.part)
    if choice.per_subject is None:
        return questions
    drawn = {
        question.id
        for subject, of in subject_groups(questions).items()
        for question in Random(f"{choice.seed} {subject}").sample(of, min(len(of), choice.per_subject))
    }
    return [question for question in questions if question.id in drawn]


def subject_groups(questions: Sequence[Question]) -> dict[str, list[Question]]:
    """The questions by their own subject ("" for none), subjects sorted."""
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(question.subject or "", []).append(question)
    return dict(sorted(groups.items()))


def need_vocabulary(dataset: Dataset) -> Vocabulary:
    """The vocabulary; raises StatError with the commands that give the dataset one."""
    vocabulary = dataset.vocabulary
    if vocabulary is None:
        raise StatError(
            f"dataset {dataset.name} has no skill vocabulary; import one with: stat-studio skills import "
            f"FILE --dataset {dataset.name}, or find one with: stat-studio skills discover {dataset.name}"
        )
    return vocabulary


def label_skill_map(
    dataset: Dataset, adviser: Adviser, choice: Choice, is_check: bool = False
) -> dict[str, Any]:
    """Label the chosen questions and put the entries into the Skill-Map; the others stay.

    With `is_check` nothing is saved: the result says how far the map there agrees with the teacher.
    {"dataset", "teacher", "n_questions", "n_labelled", "n_review", "against", "review"}."""
    vocabulary, questions = need_vocabulary(dataset), choose(dataset, choice)
    labelled = label_in_batches(questions, vocabulary, adviser)
    against = compare(labelled.entries, dataset.skill_map)
    if not is_check:
        settings = {"made_by": "teacher", "teacher": adviser.name, "n_questions": len(questions)}
        save(dataset, questions, labelled, settings)
    return {
        "dataset": dataset.name,
        "teacher": adviser.name,
        "n_questions": len(questions),
        "n_labelled": len(labelled.entries),
        "n_review": len(labelled.reviews),
        "against": against,
        "review": [review.model_dump() for review in labelled.reviews],
    }


def label_in_batches(questions: Sequence[Question], vocabulary: Vocabulary, adviser: Adviser) -> Labelled:
    """Label questions, telling how far it is."""
    entries: list[SkillMapEntry] = []
    reviews: list[SkillMapReview] = []
    for at in range(0, len(questions), BATCH):
        batch = questions[at : at + BATCH]
        labelled = label_skills(batch, vocabulary, adviser.ask)
        entries += labelled.entries
        reviews += labelled.reviews
        adviser.report.progress("label_skills", at + len(batch), len(questions))
    return Labelled(entries, reviews)


def compare(entries: Sequence[SkillMapEntry], there: Mapping[str, SkillMapEntry]) -> list[dict[str, Any]]:
    """One row a subject over the questions that an earlier map has too, and one for all of them.

    `equal`: share of questions with just the same skills; `overlap`: mean share of the earlier skills
    that are named now too. Intervals are 95% Wilson."""
    pairs = [(there[entry.question_id], entry) for entry in entries if entry.question_id in there]
    subjects = sorted({entry.subject for _, entry in pairs})
    groups = {name: [pair for pair in pairs if pair[1].subject == name] for name in subjects}
    return [_row(name, of) for name, of in [*groups.items(), ("all", pairs)] if of]


def save(dataset: Dataset, asked: Sequence[Question], labelled: Labelled, settings: dict[str, Any]) -> None:
    """Merge what came of the asked questions into the Skill-Map and the review list.

    A question without a readable answer keeps the entry it had, and its line in the review list."""
    with only_one(dataset.folder / ".lock", f"dataset {dataset.name}"):
        there = {entry.question_id: entry for entry in dataset.skill_map_table.read()}
        entries = there | {entry.question_id: entry for entry in labelled.entries}
        dataset.save_skill_map(entries.values(), settings)
        save_reviews(dataset, {question.id for question in asked}, labelled.reviews, entries)


def save_reviews(
    dataset: Dataset, asked: set[str], new: Sequence[SkillMapReview], entries: Mapping[str, SkillMapEntry]
) -> None:
    """Put the new lines in the place of those of the asked questions; the caller holds the lock."""
    stay = [review for review in dataset.skill_map_reviews() if review.question_id not in asked]
    held = {id: entry.skills for id, entry in entries.items()}
    shown = [review.model_copy(update={"skills": held.get(review.question_id, [])}) for review in new]
    dataset.save_skill_map_reviews([*stay, *shown])


def _row(subject: str, pairs: Sequence[tuple[SkillMapEntry, SkillMapEntry]]) -> dict[str, Any]:
    n = len(pairs)
    names = [tuple([normalise(skill) for skill in one.skills] for one in pair) for pair in pairs]
    n_equal = sum(set(earlier) == set(now) for earlier, now in names)
    low, high = wilson(n_equal, n)
    return {
        "subject": subject,
        "n": n,
        "equal": n_equal / n,
        "ci_low": low,
        "ci_high": high,
        "overlap": sum(overlap(earlier, now) for earlier, now in names) / n,
    }
