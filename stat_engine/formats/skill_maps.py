"""Skill-Maps in: `{id, subject?, skills: [...]}`, and vocabularies: one JSON object `{subject: [skill]}`.

A dataset whose questions name no subject has one vocabulary for all of them, kept under the empty
subject; a file may call that one list anything (`{"gsm8k": [...]}`). With a vocabulary every skill
is one of it, in its spelling; without one the map's own names are the vocabulary, and spellings
that mean the same become the first one seen."""

from collections.abc import Mapping
from pathlib import Path

from stat_engine.errors import InputError, shown
from stat_engine.formats.columns import FirstLines, known_question
from stat_engine.formats.questions import subject_of
from stat_engine.formats.row import Row, parse_object
from stat_engine.formats.rows import MAX_LINE, Reading, whole
from stat_engine.records import Question, SkillMapEntry
from stat_engine.skills import Vocabulary, normalise

Spellings = dict[tuple[str, str], str]
"""(subject, normalised name) -> the first spelling seen."""


def read_vocabulary(path: Path) -> Vocabulary:
    """The vocabulary of a JSON file; raises InputError unless each subject has a list of skills."""
    values = parse_object(path, whole(path, MAX_LINE), 1)
    row = Row(1, values, path)
    skills: dict[str, list[str]] = {}
    for subject in values:
        names = row.texts(subject)
        if not names:
            raise row.refuse(subject, "no skills", "at least one")
        there = skills.setdefault(subject.strip(), [])
        there += [_skill_name(row, f"{subject}[{at}]", name) for at, name in enumerate(names)]
    if not skills:
        raise InputError(path, "one JSON object {subject: [skill, ...]}", "no subjects")
    return Vocabulary(skills)


def for_questions(vocabulary: Vocabulary, questions: Mapping[str, Question]) -> Vocabulary:
    """The vocabulary as the questions use it: one list for all where none of them names a subject."""
    lists = vocabulary.as_lists()
    if len(lists) == 1 and not any(question.subject for question in questions.values()):
        return Vocabulary({"": next(iter(lists.values()))})
    return vocabulary


def read_skill_map(
    path: Path,
    questions: Mapping[str, Question],
    vocabulary: Vocabulary | None,
    skip_unknown: bool,
    reading: Reading | None = None,
) -> tuple[list[SkillMapEntry], int]:
    """(entries in the file's order, rows skipped because their question is not in the dataset).

    Raises InputError for a question that is unknown (unless skipped), stands twice or has no
    skills, and for a skill outside the vocabulary, naming the nearest one."""
    fixed = for_questions(vocabulary, questions) if vocabulary is not None else None
    spellings: Spellings = {}
    reading, ids, entries, n_skipped = reading or Reading(), FirstLines(), [], 0
    for row in reading.rows(path, required=("id", "skills")):
        with reading.row():
            question = known_question(row, "id", questions, skip_unknown)
            if question is None:
                n_skipped += 1
                continue
            ids.once(row, "id", question.id, shown(question.id))
            entries.append(_entry(row, question, fixed, spellings))
    return entries, n_skipped


def _entry(row: Row, question: Question, fixed: Vocabulary | None, spellings: Spellings) -> SkillMapEntry:
    subject, names = subject_of(row) or question.subject or "", _skill_names(row)
    if fixed is not None:
        subject = _known_subject(row, subject, fixed)
        names = [_resolved(row, at, subject, name, fixed) for at, name in enumerate(names)]
    else:
        names = [spellings.setdefault((subject, normalise(name)), name) for name in names]
    return SkillMapEntry(question_id=question.id, subject=subject, skills=list(dict.fromkeys(names)))


def _skill_names(row: Row) -> list[str]:
    names = row.texts("skills")
    if not names:
        raise row.refuse("skills", "an empty list", "at least one skill")
    return [_skill_name(row, f"skills[{at}]", name) for at, name in enumerate(names)]


def _skill_name(row: Row, field: str, name: str) -> str:
    if not normalise(name):
        raise row.refuse(field, shown(name), "a skill's name")
    return name.strip()


def _known_subject(row: Row, subject: str, vocabulary: Vocabulary) -> str:
    """The subject under which the vocabulary serves the row; the empty one serves every row."""
    if vocabulary.of_subject(subject):
        return subject
    if vocabulary.of_subject(""):
        return ""
    found = row.found("subject") if row.has("subject") else f"{shown(subject)} (the question's)"
    known = shown(", ".join(vocabulary.as_lists()), 200)
    raise row.refuse("subject", found, f"a subject of the vocabulary ({known})")


def _resolved(row: Row, at: int, subject: str, name: str, vocabulary: Vocabulary) -> str:
    skill = vocabulary.find(subject, name)
    if skill is None:
        near = vocabulary.nearest(subject, name)
        hint = f"; did you mean {near}?" if near else ""
        place = f"subject {subject}" if subject else "the dataset"
        raise row.refuse(f"skills[{at}]", shown(name), f"a skill of {place}{hint}")
    return skill
