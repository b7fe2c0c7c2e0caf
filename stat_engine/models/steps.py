"""Split a response into steps, and join steps into a response."""

import re

from stat_engine.config import Splitter

_SEPARATOR: dict[str, str] = {
    "newline": r"\n",
    "blank-line": r"\n\s*\n",
    "ki": "\u043a\u0438",  # the mark that Math-Shepherd's steps end in
    "numbered": r"(?m)^(?=[ \t]*(?:#{1,6}[ \t]*)?(?:\*\*)?(?:Step[ \t]+)?\d{1,3}[.:)](?!\d))",
}


def split_steps(response: str, splitter: Splitter) -> list[str]:
    """The response's steps, trimmed, empty ones left out; none for an empty response.

    `numbered` cuts before lines that begin with a number: `1.`, `2)`, `Step 3:`, `## Step 4:`."""
    return [step.strip() for step in re.split(_SEPARATOR[splitter], response) if step.strip()]


def join_steps(steps: list[str]) -> str:
    """Steps as one text, for a response that came as steps only."""
    return "\n\n".join(steps)
