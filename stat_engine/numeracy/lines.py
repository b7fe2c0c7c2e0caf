"""A solution's line as text: an optional lead word, an optional label, and equal expressions.

`so term 9=5+8*3=5+24` has the lead "so", the label "term 9" and two expressions.
"""

import re
from dataclasses import dataclass

from stat_engine.numeracy.expressions import MAX_CHARACTERS, Expression, commute, parse, write

LEADS = ("so", "then", "thus", "hence", "now")
_LEAD = re.compile(rf"(?:{'|'.join(LEADS)}),? ", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """One line, read."""

    lead: str
    # What the expressions are the value of, for example "term 9"; None where the line names nothing.
    label: str | None
    expressions: tuple[Expression, ...]


def read_line(text: str) -> Line:
    """Read one line; raises ValueError where it is not a chain of equal expressions."""
    if len(text) > MAX_CHARACTERS:
        raise ValueError("the line is too long")
    text = text.strip()
    lead = _LEAD.match(text)
    parts = [part.strip() for part in text[lead.end() if lead else 0 :].rstrip(".").split("=")]
    labels = [part for part in parts if re.search("[A-Za-z]", part)]
    expressions = tuple(parse(part) for part in parts if part not in labels)
    if len(labels) > 1 or not expressions or len(parts) < 2:
        raise ValueError(f"not a step: {text!r}")
    return Line(lead.group().strip(" ,") if lead else "", labels[0] if labels else None, expressions)


def write_line(line: Line) -> str:
    parts = [write(expression) for expression in line.expressions]
    chain = "=".join(([line.label] if line.label else []) + parts)
    return f"{line.lead} {chain}" if line.lead else chain


def commuted(line: Line) -> Line:
    """The same statement with the operands of sums and products in the other order."""
    return Line(line.lead, line.label, tuple(commute(expression) for expression in line.expressions))


def with_lead(line: Line, lead: str) -> Line:
    return Line(lead, line.label, line.expressions)
