"""Training sets in: a question and its solution under any usual name, or as a chat of two turns.

Read in this order: `messages`, sharegpt `conversations`, `prompt` and `completion` as lists of
messages (TRL), alpaca (`instruction` with `input` below it), and plain fields. System messages are
left out: the student is trained without one. A longer chat is no question with its solution, and
refused."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stat_engine.formats.questions import subject_of
from stat_engine.formats.row import Row
from stat_engine.formats.rows import read_rows
from stat_engine.records import TrainingExample, content_hash

METHOD = "imported"
QUESTION_FIELDS = ("question", "problem", "prompt", "instruction")
SOLUTION_FIELDS = ("solution", "answer", "response", "completion", "output")
_ROLES = {"human": "user", "gpt": "assistant"}
_CHAT = "one user message and one assistant message, after any system message"


def read_training_set(path: Path) -> list[TrainingExample]:
    """The examples of a file, in its order; a pair that stands again is marked as a repeat.

    Raises InputError for a row without a question or without a solution."""
    examples: list[TrainingExample] = []
    solutions: dict[str, list[str]] = {}
    for row in read_rows(path):
        problem, solution = _pair(row)
        known = solutions.setdefault(problem, [])
        is_repeat = solution in known
        if not is_repeat:
            known.append(solution)
        examples.append(_example(row, problem, solution, known.index(solution), is_repeat))
    return examples


def _example(row: Row, problem: str, solution: str, answer_index: int, is_repeat: bool) -> TrainingExample:
    named = next((field for field in ("question_id", "problem_id") if row.has(field)), None)
    return TrainingExample(
        example_id=content_hash(problem, solution),
        question_id=row.identifier(named) if named else content_hash(problem),
        problem=problem,
        solution=solution,
        subject=subject_of(row) or "",
        skills=_skills(row),
        method=METHOD,
        answer_index=answer_index,
        is_repeat=is_repeat,
    )


def _skills(row: Row) -> list[str]:
    if row.has("skills"):
        return row.texts("skills")
    skill = row.optional_text("skill")
    return [skill] if skill else []


def _pair(row: Row) -> tuple[str, str]:
    """(problem, solution) of a row, neither of them blank."""
    for field in ("messages", "conversations"):
        if row.has(field):
            return _chat(row, field, row.items(field, "messages"))
    prompt, completion = row.values.get("prompt"), row.values.get("completion")
    if isinstance(prompt, list) and isinstance(completion, list):
        return _chat(row, "prompt and completion", [*prompt, *completion])
    if row.has("history") and row.items("history", "turns"):
        raise row.refuse("history", row.found("history"), "an empty list; longer chats are not read")
    named, solution = _one_of(row, QUESTION_FIELDS), row.full_text(_one_of(row, SOLUTION_FIELDS))
    problem = row.full_text(named)
    more = row.optional_text("input") if named == "instruction" else None
    return (f"{problem}\n{more}" if more and more.strip() else problem), solution


def _one_of(row: Row, fields: Sequence[str]) -> str:
    """The first of the fields that the row has."""
    field = next((name for name in fields if row.has(name)), None)
    if field is None:
        raise row.refuse(fields[0], row.found(fields[0]), f"text there or under {', '.join(fields[1:])}")
    return field


def _chat(row: Row, field: str, messages: list[Any]) -> tuple[str, str]:
    turns = [_turn(row, f"{field}[{at}]", message) for at, message in enumerate(messages)]
    spoken = [turn for turn in turns if turn[0] != "system"]
    if [role for role, _ in spoken] != ["user", "assistant"]:
        roles = ", ".join(role for role, _ in turns) or "no messages"
        raise row.refuse(field, roles, _CHAT)
    return spoken[0][1], spoken[1][1]


def _turn(row: Row, field: str, message: Any) -> tuple[str, str]:
    """(role, text) of a message `{role, content}` or `{from, value}`."""
    if not isinstance(message, dict):
        raise row.refuse(field, type(message).__name__, "a message {role, content}")
    of, content = ("role", "content") if "role" in message else ("from", "value")
    fields = Row(row.line, {f"{field}.{key}": value for key, value in message.items()}, row.file)
    role = fields.full_text(f"{field}.{of}")
    return _ROLES.get(role, role), fields.full_text(f"{field}.{content}")
