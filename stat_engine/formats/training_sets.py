"""Training sets in: a question and its solution under any usual name, or as a chat of two turns.

Read in this order: `messages`, sharegpt `conversations`, `prompt` and `completion` as lists of
messages (TRL), alpaca (`instruction` with `input` below it), and plain fields. Messages may also be a
struct of lists (the `datasets` library) or JSON text, and their content a list of text parts. System
and developer messages are left out, because the student is trained without one, and so are tool calls
and their results. A longer chat is not one question with its solution, and refused."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stat_engine.errors import shown
from stat_engine.formats.chats import CHAT_FIELDS, is_chat, messages, turns
from stat_engine.formats.questions import subject_of
from stat_engine.formats.row import Row
from stat_engine.formats.rows import Reading
from stat_engine.records import TrainingExample, content_hash

METHOD = "imported"
QUESTION_FIELDS = ("question", "problem", "prompt", "instruction", "query", "input", "inputs")
SOLUTION_FIELDS = (
    "solution", "generated_solution", "generation", "answer", "response", "completion", "output", "targets",
)  # fmt: skip
"""`answer` comes after the two that never hold only a final answer."""
_CHAT = "one user message and one assistant message, after any system message"


def read_training_set(path: Path, columns: Mapping[str, str] | None = None) -> list[TrainingExample]:
    """The examples of a file, in its order; a pair that stands again is marked as a repeat.

    `columns` is {our field: the file's column}. Raises InputError for a row without a question or without
    a solution."""
    examples: list[TrainingExample] = []
    solutions: dict[str, list[str]] = {}
    given = columns or {}
    for row in Reading(given).rows(path):
        problem, solution = _pair(row, given)
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


def _pair(row: Row, given: Mapping[str, str]) -> tuple[str, str]:
    """(problem, solution) of a row, neither of them blank. A column that is given comes before all others."""
    is_plain = "messages" not in given and ("problem" in given or "solution" in given)
    chat = None if is_plain else next((name for name in CHAT_FIELDS if row.has(name)), None)
    if chat is not None:
        return _chat(row, chat, messages(row, chat))
    if not is_plain and is_chat(row.values.get("prompt")):
        return _chat(row, "prompt and completion", [*messages(row, "prompt"), *_completion(row)])
    if row.has("history") and row.items("history", "turns"):
        raise row.refuse("history", row.found("history"), "an empty list; longer chats are not read")
    named = "problem" if "problem" in given else _one_of(row, QUESTION_FIELDS)
    problem = row.full_text(named)
    more = row.optional_text("input") if named == "instruction" else None
    solution = _solution(row, "solution" if "solution" in given else _one_of(row, SOLUTION_FIELDS))
    return (f"{problem}\n{more}" if more and more.strip() else problem), solution


def _solution(row: Row, field: str) -> str:
    """The text of the field; a number is a solution that consists of the answer alone."""
    return Row(row.line, {field: row.answer(field)}, row.file).full_text(field)


def _one_of(row: Row, fields: Sequence[str]) -> str:
    """The first of the fields that the row has, in any case."""
    names = {name.lower(): name for name in reversed(list(row.values)) if row.has(name)}
    field = next((name for name in fields if row.has(name)), None)
    field = field or next((names[name] for name in fields if name in names), None)
    if field is None:
        there = f"fields {shown(', '.join(row.values), 200)}" if fields[0] not in row.values else "null"
        ours = "problem" if fields is QUESTION_FIELDS else "solution"
        expected = f"text there or under {', '.join(fields[1:])}, or --column {ours}=FIELD"
        raise row.refuse(fields[0], there, expected)
    return field


def _completion(row: Row) -> list[Any]:
    """What follows the messages of a prompt: messages, or a solution as text."""
    if is_chat(row.values.get("completion")):
        return messages(row, "completion")
    return [{"role": "assistant", "content": _solution(row, _one_of(row, SOLUTION_FIELDS))}]


def _chat(row: Row, field: str, given: list[Any]) -> tuple[str, str]:
    told = turns(row, field, given)
    spoken = [turn for turn in told if turn[0] not in ("system", "tool")]
    if [role for role, _ in spoken] != ["user", "assistant"]:
        roles = ", ".join(role for role, _ in told) or "no messages"
        raise row.refuse(field, roles, _CHAT)
    return spoken[0][1], spoken[1][1]
