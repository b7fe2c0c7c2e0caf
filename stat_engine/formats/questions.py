"""Questions in: `{id, split, subject, level, problem, solution, answer, other_solutions?}`.

Only `id` and `problem` are required, other keys are ignored; `answers` too, which other formats
fill with final answers, not with solutions."""

import re
import typing
from pathlib import Path

from stat_engine.errors import shown
from stat_engine.formats.chats import as_messages, last_question
from stat_engine.formats.columns import FirstLines
from stat_engine.formats.row import Row
from stat_engine.formats.rows import Reading
from stat_engine.records import Question, Split

SPLITS: tuple[Split, ...] = typing.get_args(Split)


def read_questions(path: Path, reading: Reading | None = None) -> list[Question]:
    """The questions of a file, in its order. Raises InputError, also for an id that stands twice."""
    reading = reading or Reading()
    ids, questions = FirstLines(), []
    for row in reading.rows(path, required=("id", "problem")):
        with reading.row():
            question = question_of(row)
            ids.once(row, "id", question.id, shown(question.id))
            questions.append(question)
    return questions


def subject_of(row: Row) -> str | None:
    """The row's subject without the spaces around it; None where none is given."""
    return (row.optional_text("subject") or "").strip() or None


def level_of(row: Row, field: str = "level") -> int | None:
    """ "Level 5" and 5 are 5; "Level ?" is not graded."""
    value = row.values.get(field)
    if not isinstance(value, str) or (row.is_text and not value.startswith("Level")):
        return row.whole(field, 0)
    found = re.fullmatch(r"(?:Level )?(\d{1,2}|\?)", value)
    if found is None:
        raise row.refuse(field, row.found(field), "a level, as in Level 5")
    return None if found[1] == "?" else int(found[1])


def _problem(row: Row) -> str:
    """The text of the problem; of a chat the last message of the user."""
    chat = as_messages(row.values.get("problem"))
    text = last_question(Row(row.line, {"problem": chat}, row.file), "problem") if chat else None
    return row.full_text("problem") if text is None else text


def question_of(row: Row) -> Question:
    """A row as a question; raises InputError."""
    return Question(
        id=row.identifier("id"),
        split=row.choice("split", SPLITS),
        subject=subject_of(row),
        level=level_of(row),
        problem=_problem(row),
        solution=row.optional_text("solution"),
        answer=row.answer("answer"),
        other_solutions=row.texts("other_solutions") if row.has("other_solutions") else [],
    )
