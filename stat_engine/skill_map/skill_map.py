"""A teacher names the skills that each question of a dataset needs, from its own subject's list (section 3).

Questions in; Skill-Map entries and reviews for a person out. The paper asks for up to five skills for
each question; of more, the first five are kept and the question is reported. Names outside the list are
asked about once more, then left out and reported; a question without a readable answer gets no entry and
is reported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from stat_engine.errors import StatError, shown
from stat_engine.models.base import Ask, TeacherRequest
from stat_engine.models.paid_calls.account import Report
from stat_engine.models.teacher_answers import Reading, ask_twice, listed, tag
from stat_engine.records import Question, SkillMapEntry, SkillMapReview
from stat_engine.skills import Vocabulary, normalise
from stat_engine.stats import wilson
from stat_engine.store.dataset import Dataset
from stat_engine.store.files import only_one

MAX_SKILLS = 5


@dataclass(frozen=True)
class Named:
    """Skills as one answer names them."""

    skills: list[str]
    """In the vocabulary's spelling, at most five."""
    unknown: list[str]
    beyond_five: list[str]


@dataclass(frozen=True)
class Labelled:
    """The result of labelling some questions."""

    entries: list[SkillMapEntry]
    reviews: list[SkillMapReview]


def subject_of(question: Question, vocabulary: Vocabulary) -> str:
    """The subject whose list serves the question: its own, or the one list for all.

    Raises StatError where the vocabulary has neither."""
    for subject in (question.subject or "", ""):
        if vocabulary.of_subject(subject):
            return subject
    known = shown(", ".join(vocabulary.as_lists()), 200)
    raise StatError(
        f"question {shown(question.id)}: found subject {shown(question.subject)}, expected one with a list "
        f"of skills ({known})"
    )


def label_skills(questions: Sequence[Question], vocabulary: Vocabulary, ask: Ask) -> Labelled:
    """Ask a teacher which skills of their subjects' lists the questions need; entries in order."""
    subjects = [subject_of(question, vocabulary) for question in questions]
    requests = [
        skill_request(question, subject, tuple(vocabulary.of_subject(subject)))
        for question, subject in zip(questions, subjects, strict=True)
    ]
    readings = ask_twice(requests, ask, lambda at, raw: read_skills(raw, subjects[at], vocabulary))
    entries, reviews = [], []
    for question, subject, reading in zip(questions, subjects, readings, strict=True):
        if reading.value.skills:
            entries.append(_entry(question, subject, reading.value))
        review = _review(question, subject, reading)
        if review is not None:
            reviews.append(review)
    return Labelled(entries, reviews)


def skill_request(question: Question, subject: str, skills: tuple[str, ...]) -> TeacherRequest:
    """What a teacher is shown of a question whose skills it names."""
    return TeacherRequest(
        task="label_skills",
        problem=question.problem,
        skills=skills,
        subject=subject,
        solution=question.solution or "",
    )


def read_skills(raw: str, subject: str, vocabulary: Vocabulary) -> Reading[Named]:
    """Read the last well-formed skill tag against the subject's list."""
    text = tag(raw, "skill")
    whole = vocabulary.find(subject, text or "")  # a name may hold a comma
    found = {whole: whole} if whole else {name: vocabulary.find(subject, name) for name in listed(text or "")}
    skills = list(dict.fromkeys(skill for skill in found.values() if skill))
    unknown = [name for name, skill in found.items() if skill is None]
    named = Named(skills[:MAX_SKILLS], unknown, skills[MAX_SKILLS:])
    if text is None:
        return Reading(named, "it has no <skill>...</skill> tag", "parse_failed")
    if unknown:
        names = ", ".join(shown(name) for name in unknown)
        return Reading(named, f"{names}: not in the list of skills", "off_vocabulary")
    if not skills:
        return Reading(named, "it names no skill, and every question needs at least one", "parse_failed")
    return Reading(named)


def overlap(first: Sequence[str], second: Sequence[str]) -> float:
    """Share of the skills named first that are named second too (paper: cross-teacher agreement)."""
    return len(set(first) & set(second)) / len(set(first))


def by_subject(questions: Sequence[Question], subjects: Mapping[str, str]) -> dict[str, list[Question]]:
    """The questions of each subject, in order, subjects sorted; `subjects` is by question id."""
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(subjects[question.id], []).append(question)
    return dict(sorted(groups.items()))


def _entry(question: Question, subject: str, named: Named) -> SkillMapEntry:
    return SkillMapEntry(question_id=question.id, subject=subject, skills=named.skills, source="teacher")


def _review(question: Question, subject: str, reading: Reading[Named]) -> SkillMapReview | None:
    named = reading.value
    if reading.status == "ok" and not named.beyond_five:
        return None
    beyond = f"named beyond {MAX_SKILLS}: {', '.join(named.beyond_five)}" if named.beyond_five else ""
    return SkillMapReview(
        question_id=question.id,
        subject=subject,
        status="too_many" if reading.status == "ok" else reading.status,
        skills=named.skills,
        detail="; ".join(text for text in (reading.complaint, beyond) if text),
        call=reading.call,
    )


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
    """Merge the result of the asked questions into the Skill-Map and the review list.

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
