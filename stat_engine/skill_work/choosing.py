"""Which questions of a dataset are worked on, who is asked about them, and where progress is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from stat_engine.asking import Report
from stat_engine.errors import StatError
from stat_engine.models.base import Ask
from stat_engine.records import Question
from stat_engine.skills import Vocabulary
from stat_engine.store.dataset import Dataset

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
