"""Chats in the rows of other tools: their messages, the speaker and text of each, and the model's answer.

Messages are a list of `{role, content}` or `{from, value}`, a struct of lists (as the `datasets` library
stores them), JSON text of either, or one message alone. Content is a text or a list of parts; parts that
hold a model's reasoning or its calls of tools are left out."""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from stat_engine.formats.row import Row, displayed

CHAT_FIELDS = ("messages", "conversations", "conversation")
"""Fields of a row that hold a whole chat."""
_ROLES = {
    "human": "user", "gpt": "assistant", "model": "assistant", "bot": "assistant", "ai": "assistant",
    "chatgpt": "assistant", "developer": "system", "function": "tool", "observation": "tool",
    "function_call": "tool", "ipython": "tool",
}  # fmt: skip
"""Role of another tool -> the one that it is here; `function_call` and `observation` are LLaMA-Factory's."""
_SILENT_PARTS = ("thinking", "redacted_thinking", "reasoning", "tool_use", "tool_call", "tool_result")
"""Types of parts that are no text of the message: Anthropic's, OpenAI's and Inspect's names."""
_KEYS = (("role", "content"), ("from", "value"))
_ROLE = re.compile(r"""["'](?:role|from)["']\s*:""")
Turn = tuple[str, str]
"""(role: system, user, assistant or tool; text)"""


def is_chat(value: Any) -> bool:
    """Whether a value holds messages and not a text."""
    if isinstance(value, str):
        return value.lstrip()[:1] in ("[", "{") and _ROLE.search(value) is not None
    return isinstance(value, list | dict)


def messages(row: Row, field: str) -> list[Any]:
    """The messages of a field, unchecked; raises InputError where it holds none of the forms."""
    value = row.values.get(field)
    if isinstance(value, str):
        value = parsed(value)
        if value is None:
            raise row.refuse(field, row.found(field), "a list of messages")
    if _is_message(value):
        value = [value]
    if isinstance(value, dict) and value and all(isinstance(part, list) for part in value.values()):
        lengths = sorted({len(part) for part in value.values()})
        if len(lengths) > 1:
            found = f"lists of {lengths[0]} and {lengths[-1]}"
            raise row.refuse(field, found, "a struct of lists of equal length, or a list of messages")
        value = [dict(zip(value, turn, strict=True)) for turn in zip(*value.values(), strict=True)]
    return Row(row.line, {field: value}, row.file).items(field, "messages")


def turns(row: Row, field: str, given: Sequence[Any]) -> list[Turn]:
    """The turns of messages, of which those of calls and results of tools have no text.

    Raises InputError for what is no message, and for one without text."""
    found = [_turn(row, f"{field}[{at}]", message) for at, message in enumerate(given)]
    blank = next((at for at, (role, text) in enumerate(found) if role != "tool" and not text.strip()), None)
    if blank is not None:
        key = next((text for role, text in _KEYS if role in given[blank]), "content")
        name, value = f"{field}[{blank}].{key}", given[blank].get(key)
        expected = "text" if value is None else "text that is not blank"
        raise row.refuse(name, displayed(value) if key in given[blank] else "no such field", expected)
    return found


def last_answer(row: Row, field: str) -> str:
    """The text of the last assistant turn, possibly empty; raises InputError where there is none."""
    given = messages(row, field)
    found = [_turn(row, f"{field}[{at}]", message) for at, message in enumerate(given)]
    answers = [text for role, text in found if role == "assistant"]
    if not answers:
        roles = ", ".join(role for role, _ in found) or "no messages"
        raise row.refuse(field, roles, "a message of the assistant, which is the response")
    return answers[-1]


def last_question(row: Row, field: str) -> str | None:
    """The text of the last user turn before the answer; None where there is none."""
    given = messages(row, field)
    found = [_turn(row, f"{field}[{at}]", message) for at, message in enumerate(given)]
    return next((text for role, text in reversed(found) if role == "user" and text.strip()), None)


def as_messages(text: Any) -> list[Any] | None:
    """The messages that a value is, as JSON text or Python's `str` of them too; None for any other.

    A text counts only as a whole: one that quotes messages stays a text."""
    if isinstance(text, str):
        text = parsed(text) if is_chat(text) else None
    listed = [text] if isinstance(text, dict) else text
    return listed if isinstance(listed, list) and listed and all(map(_is_message, listed)) else None


def parsed(text: str) -> Any:
    """What a text is in JSON or in Python's notation for plain values; None for any other text.

    lm-evaluation-harness writes what is no text of its own with Python's `str`."""
    for read in (json.loads, ast.literal_eval):
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            return read(text.strip())
    return None


def role_of(message: Mapping[str, Any]) -> str:
    """The role of a message in our words."""
    named = str(message.get("role", message.get("from"))).lower()
    return _ROLES.get(named, named)


def _is_message(value: Any) -> bool:
    keys = ({role, text} for role, text in _KEYS)
    return isinstance(value, dict) and any(
        pair <= value.keys() and isinstance(value.get("role", value.get("from")), str) for pair in keys
    )


def _turn(row: Row, field: str, message: Any) -> Turn:
    """The speaker and text of a message; of a tool call the role of its tool."""
    if not isinstance(message, dict):
        raise row.refuse(field, type(message).__name__, "a message {role, content}")
    of, content = next((pair for pair in _KEYS if pair[0] in message), _KEYS[1])
    fields = Row(row.line, {f"{field}.{key}": value for key, value in message.items()}, row.file)
    fields.full_text(f"{field}.{of}")
    role, parts = role_of(message), message.get(content)
    if role == "tool" or (role == "assistant" and message.get("tool_calls")):
        return "tool", ""
    if isinstance(parts, list):
        return role, _joined(row, f"{field}.{content}", parts)
    if parts is None and isinstance(message.get("refusal"), str):
        return role, fields.text(f"{field}.refusal")
    return role, fields.optional_text(f"{field}.{content}") or ""


def _joined(row: Row, field: str, parts: list[Any]) -> str:
    """The text of a message whose content is a list of parts, all of them text or left out."""
    texts = []
    for at, part in enumerate(parts):
        if isinstance(part, dict) and part.get("type") in _SILENT_PARTS:
            continue
        text = part.get("text") if isinstance(part, dict) else part
        if not isinstance(text, str):
            raise row.refuse(f"{field}[{at}]", displayed(part), "a part of text {type, text}")
        texts.append(text)
    return Row(row.line, {field: "\n".join(texts)}, row.file).text(field)
