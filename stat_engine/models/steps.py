"""Cutting a response into steps, and putting them together again."""

from typing import Literal

Splitter = Literal["newline", "blank-line"]
_SEPARATOR: dict[str, str] = {"newline": "\n", "blank-line": "\n\n"}


def split_steps(response: str, splitter: Splitter) -> list[str]:
    """The response's steps, trimmed, empty ones left out; none for an empty response."""
    return [step.strip() for step in response.split(_SEPARATOR[splitter]) if step.strip()]


def join_steps(steps: list[str]) -> str:
    """Steps as one text, for a response that came as steps only."""
    return "\n\n".join(steps)
