"""The whole expression, range, list or measure that the last number of a text is a part of."""

import re

from stat_engine.grading.answers.units import UNITS, factor

_N = r"[-−]?\$?\d+(?:,\d{3})*(?:\.\d+)?"
_POWER = r"(?:\^\{?\w+\}?|[²³])?"
_TERM = (
    rf"(?:{_N}(?:\s?%|°|(?:[a-z]|π)(?![A-Za-z]))?{_POWER}!?|(?<![\w'’.\\])(?:[b-hj-z]|π){_POWER}(?!\w)|\([^()]{{1,40}}\)"
    r"|\\[dt]?frac\{[^{}]{1,40}\}\{[^{}]{1,40}\}|\\sqrt\{[^{}]{1,40}\})"
)
_OPERATOR = (
    r"(?:\s*(?:[+*·×÷/^]|(?<![-=])[<>](?!=)|[<>]=|[≤≥≠±]|\\(?:cdot|times|pm|le|ge)\b)\s*|(?<=\d):(?=\d|\Z)"
    r"|(?:\s+[-−–]\s*|(?<=\w)[-−–](?=\$?\d|\Z))|\s+(?:mod|base|choose|remainder|in|R)\s+|\s+x\s+|(?<=\d)x(?=\d|\Z))"
)
_FUNCTION = (
    r"(?:(?<![A-Za-z])\\?(?:sin|cos|tan|cot|sec|csc|ln|log|lg|sqrt|cbrt|exp|arcsin|arccos|arctan)\s+|[√∛]\s*)"
)
_COMPARED = r"(?:(?<=[^\s>])\s+(?<![-=])(?:[<>]=?|[≤≥≠])\s*|[±~]\s?)"
"""A sign before a number; at the start of a line > is Markdown."""
_BEFORE = re.compile(rf"{_COMPARED}?(?:{_TERM}{_OPERATOR}){{0,12}}(?:\d*{_FUNCTION})?[-−]?\$?\Z")
_RANGE = re.compile(r"\d[-–]\Z")
_COUNTED = re.compile(r"\s?[A-Za-z]")
_OPERATED = re.compile(r"[^\d.,\s%]")
_OPENED = re.compile(rf"(?<!\w)[(\[{{](?:\s*{_N}\s*,){{1,12}}\s*[-−]?\Z|(?<!\w)\|[-−]?\Z")
_CLOSED = re.compile(r"\s*[)\]}]|\|")
_LISTED = re.compile(rf"(?:(?:{_N},\s+){{1,12}}(?:{_N},?\s+(?:and|or)\s+)?|{_N}\s+(?:and|or)\s+)\$?\Z")
_END = re.compile(r"[.!]?[\"*_$\s]*\Z")
_CHANGED = re.compile(
    r"\s(?:squared|cubed|factorial|dozen|(?:third|fifth|sixth|seventh|eighth|ninth|tenth|hundredth|thousandth)s)\b"
    r"|(?:\.\d+)+"
)
"""What changes the number before it."""
_MIXED = re.compile(rf"{_N}\s+and\s+\Z")
_MEASURED = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?\s*([A-Za-z]+)\.?,?\s+(?:and\s+)?\Z")
_UNIT = re.compile(r"\s*([A-Za-z]+)")
_EQUALS = re.compile(r"\s*=")
_LONG = 200
"""Characters before the number that are looked at."""


def whole_around(line: str, begin: int, end: int) -> str | None:
    """What the number between two positions is a part of, as in x^2 + 5, (3, 5) or 3 feet 5 inches.

    None if it stands alone; empty for a range such as 2-3 hours, which has no single value."""
    while begin < end and not line[begin].isdigit() and line[begin] != ".":
        begin += 1  # a sign belongs to the expression
    first = max(0, begin - _LONG)
    opened = _OPENED.search(line, first, begin)
    closed = _CLOSED.match(line, end)
    if opened and closed and (opened[0][0] == "|") == (closed[0] == "|"):
        return line[opened.start() : closed.end()].replace("{", "\\{").replace("}", "\\}")
    measured, unit = _MEASURED.search(line, first, begin), _UNIT.match(line, end)
    if measured and unit and _are_of_one_kind(measured[1], unit[1]):
        return line[measured.start() : unit.end()]
    changed = _CHANGED.match(line, end)
    if changed:
        mixed = _MIXED.search(line, first, begin)
        return line[mixed.start() if mixed else begin : changed.end()]
    if _RANGE.search(line, first, begin) and _COUNTED.match(line, end):
        return ""
    listed = _LISTED.search(line, first, begin) if _END.match(line, end) else None
    if listed:
        return line[listed.start() : end].replace("$", "")
    if _EQUALS.match(line, end):  # a left side, whose value was denied
        return None
    found = _BEFORE.search(line, first, begin)
    return _stripped(line[found.start() : end]) if found else None


def _stripped(text: str) -> str | None:
    """An expression without signs of money; None for a lone sign, as in -5."""
    text = text.replace("$", "").strip()
    return None if re.fullmatch(r"[-−–+]?\s?[\d.].*", text) and not _OPERATED.search(text, 1) else text


def _are_of_one_kind(one: str, other: str) -> bool:
    """Whether both are units of the same measure: feet and inches."""
    names = [
        UNITS.get(word) or UNITS.get(word.lower()) or UNITS.get(word.lower().removesuffix("s"))
        for word in (one, other)
    ]
    return None not in names and factor((str(names[0]),), (str(names[1]),)) is not None
