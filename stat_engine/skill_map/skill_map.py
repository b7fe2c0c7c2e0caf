"""A teacher names the skills that a question needs, from its own subject's list (paper, section 3).

Questions in; Skill-Map entries and reviews for a person out. The paper asks for up to five skills for
each question; of more, the first five are kept and the question is reported. Names outside the list are
asked about once more, then left out and reported; a question without a readable answer gets no entry and
is reported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stat_engine.errors import StatError, shown
from stat_engine.models.base import Ask, TeacherRequest
from stat_engine.models.teacher_answers import Reading, ask_twice, listed, tag
from stat_engine.records import Question, SkillMapEntry, SkillMapReview
from stat_engine.skills import Vocabulary

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
    """What came of labelling some questions."""

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
