"""What a person said of a label in an annotation tool, whichever the tool.

A tool's row becomes {response_id, status, skills, note}, as `label import` reads its own rows."""

from typing import Any

from stat_engine.formats.row import Row

DECISIONS = ("accepted", "edited", "discarded")
Values = dict[str, Any]
"""{"status", "skills", "note"} as a person or the file itself says; null: not said."""


def values_of(decision: list[str], skills: list[str], note: list[str]) -> Values:
    """What was said, as `label import` takes it."""
    status = decision[-1] if decision else None
    is_said = status is not None or skills
    return {
        "status": status if is_said else "pending",
        "skills": skills if skills or status == "edited" else None,
        "note": "\n".join(note) or None,
    }


def flat(value: Any) -> list[str]:
    """The texts of a value: a text, a list of texts, or {choices: ...} or {text: ...} with either."""
    if isinstance(value, dict):
        value = value.get("choices", value.get("text"))
    texts = value if isinstance(value, list) else [value]
    return [text for text in texts if isinstance(text, str) and text.strip()]


def unknown(row: Row, field: str) -> str:
    """Raise InputError: the row names no label."""
    raise row.refuse(field, row.found(field), "a label that label export wrote, with its response_id")
