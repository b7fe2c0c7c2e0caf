"""A final answer in the form that is compared: its normalised text, its tree, its unit."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from stat_engine.grading.answers.notation import rewritten
from stat_engine.grading.answers.parsing import parse
from stat_engine.grading.answers.scalars import inside
from stat_engine.grading.answers.tidying import tidy, whole_text
from stat_engine.grading.answers.trees import (
    CONSTANTS,
    Apply,
    Beyond,
    Node,
    Number,
    Relation,
    Symbol,
    Unreadable,
    children,
    letters_in,
    number,
)
from stat_engine.grading.answers.units import Quantity, factor, quantity, scale_of

_CLOCK = re.compile(
    r"(\d{1,2})\s*:\s*([0-5]\d)(?:\s*:\s*([0-5]\d))?\s*(?:\\text\{)?\s*(?:([AaPp])\.?\s*[Mm]\.?)?\s*\}?"
)
_HOUR = re.compile(r"(1[0-2]|[1-9])(?:\s+|\s*\\text\{\s*)([AaPp])[Mm]\s*\}?")
_NOON = re.compile(r"(?<![A-Za-z])([AaPp])\.\s?[Mm](?![A-Za-z])\.?")
_ASIDE = re.compile(
    r"(.*[\w}])\s+\((?![^()]*\b(?:if|when|where|for|mod|or|not|except|unless|base)\b)[^()]*\)"
)
"""An answer with a remark in brackets: 18 dollars ($18)."""
_OPTION = re.compile(
    r"(?:\\text\{\s*)?(?:\(([A-J])\)[.:]?|([A-J])[.):](?=[\s}]))(?:\s*\})?"
    r"(?:\s*(?=[^\s+*/^_=!,)-])|\s+(?=-[\d\\]))"
)
"""The label of an option before its value, as in (A) 5."""
_UNKNOWN = re.compile(
    r"(\\(?:lim|int|iint|sum|prod|Pr|mathbb|mathcal|frac\{d)[^=]*(?:\{[^{}]*=[^{}]*\}[^=]*)?|[A-Z][(\[][^=]*[)\]]"
    r"|\([a-z]\s*\\circ\s*[a-z]\)\s*\([^=]*\)|[A-Za-z]\^\{?\*\}?|\\text\{[^=]*)=([^=]+)"
)
"""The value of what the parser does not know: P(A | B) = 1/2, a sum, a limit, a derivative."""
_SPACE = re.compile(r"(?<![A-Za-z0-9,]) | (?![A-Za-z0-9])")
MOST_CHARACTERS = 500
"""The longest answer that is compared as mathematics."""
Clock = tuple[int, int, int, str]
"""Hour, minute, second, and `a` or `p` if it is given."""


@dataclass(frozen=True)
class Answer:
    """One final answer."""

    text: str
    node: Node | None
    """Its tree, without the unit; null: it cannot be read as mathematics."""
    is_beyond: bool = False
    """It is mathematics that only sympy can compare."""
    unit: tuple[str, ...] = ()
    letters: frozenset[str] = frozenset()
    """Letters of the unit, if they could be variables."""
    full: Node | None = None
    """Its tree with those letters as variables."""
    is_factor: bool = False
    """Those letters are a factor, unless the other answer has the same unit: the h of 25\\pi h."""
    is_text: bool = False
    """The whole answer is one `\\text{...}`."""
    clock: Clock | None = None
    option: str | None = None
    """The letter of an option before its value, as in (A) 5."""

    @property
    def key(self) -> str:
        """The text without the spaces that do not separate letters or digits."""
        return _SPACE.sub("", self.text)


@lru_cache(maxsize=1 << 14)
def read(text: str, is_reference: bool = False) -> Answer:
    """Parse the text of an answer."""
    plain = tidy(text)
    inner = whole_text(plain)
    if inner is not None:
        plain = tidy(inner)
    plain = _NOON.sub(r"\1m", plain)
    clock = _CLOCK.fullmatch(plain) if ":" in plain else None
    if clock:
        time = (int(clock[1]), int(clock[2]), int(clock[3] or 0), (clock[4] or "").lower())
        return Answer(plain, _tree(plain)[0], is_text=inner is not None, clock=time)
    hour = _HOUR.fullmatch(plain)
    if hour:
        half = hour[2].lower()
        return Answer(plain, number(int(hour[1])), unit=(f"{half}m",), clock=(int(hour[1]), 0, 0, half))
    option = _OPTION.match(plain)
    if option:
        return replace(read(plain[option.end() :], is_reference), option=option[1] or option[2])
    plain = rewritten(plain)
    whole, is_beyond = _tree(plain)
    unknown = _UNKNOWN.fullmatch(plain) if whole is None else None
    value = _tree(unknown[2])[0] if unknown else None
    if unknown and value:
        whole, is_beyond = Relation((Symbol(unknown[1].strip()), value), ("=",)), False
    found = quantity(plain, is_reference)
    aside = _ASIDE.fullmatch(plain) if whole is None else None
    if aside and found.number.count("(") != found.number.count(")"):
        found = replace(found, number=plain)
    if aside and found.number == plain:
        return replace(read(aside[1], is_reference), text=plain)
    if found.number == plain:
        return Answer(plain, whole, is_beyond, is_text=inner is not None)
    node, is_head_beyond = _tree(found.number)
    if node is None or not _may_have(node, found):
        return Answer(plain, whole, is_beyond or is_head_beyond, is_text=inner is not None)
    full, is_factor = (whole if found.letters else None), found.is_letter and not isinstance(node, Number)
    if found.scale != 1:
        node = Apply("*", (number(found.scale), node))
    return Answer(plain, node, False, found.unit, found.letters, full, is_factor, inner is not None)


def in_same_unit(answer: Answer, other: Answer) -> Answer:
    """The answer in the other's unit, where both measure the same: cents in dollars, degrees in radians.

    A letter of scale, as in 5K, is a factor unless the other answer has it as its unit."""
    if answer.node is None or not answer.unit:
        return answer
    if answer.unit == ("K",) and other.unit[:1] == ("kelvin",):
        return replace(answer, unit=other.unit)
    is_angle = other.unit == ("degree",) or (
        other.node is not None and inside(other.node, "degree") is not None
    )
    if answer.unit == ("radian",) and is_angle:
        turned = Apply("/", (Apply("*", (answer.node, number(180))), Symbol("pi")))
        return replace(answer, node=turned, unit=other.unit)
    if answer.unit == ("degree",) and not other.unit:
        return replace(answer, node=Apply("degree", (answer.node,)), unit=())
    scale = scale_of(answer.unit, other.unit)
    if scale is not None:
        return replace(answer, node=Apply("*", (number(scale), answer.node)), unit=())
    times = factor(answer.unit, other.unit)
    if times is not None and answer.unit > other.unit:
        return replace(answer, node=Apply("*", (number(times), answer.node)), unit=other.unit)
    return answer


def is_readable(text: str) -> bool:
    """Whether an answer's text can be read as mathematics or as a time of day."""
    found = read(text) if len(text) <= MOST_CHARACTERS else None
    return found is not None and (found.node is not None or found.clock is not None)


def _may_have(node: Node, found: Quantity) -> bool:
    """Whether a unit may follow this: any unit a single number, a unit in words also a formula."""
    if not found.is_spelt and (_operations(node) - {"*", "/", "^", "root", "neg", "mixed"}):
        return False
    return found.is_any or letters_in(node) <= CONSTANTS


def _operations(node: Node) -> set[str]:
    """Names of all operations in a tree."""
    found = {child for part in children(node) for child in _operations(part)}
    return found | {node.name} if isinstance(node, Apply) else found


def _tree(text: str) -> tuple[Node | None, bool]:
    try:
        return parse(text), False
    except Beyond:
        return None, True
    except (Unreadable, RecursionError):
        return None, False


_WHOLE_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:/\d+)?")
"""Commas between thousands only: 1,250 is a number, 1,2 is two."""


def plain_number(text: str) -> int | Fraction | None:
    """The value of a whole number, a decimal or a fraction such as 3/4; None for any other text."""
    if len(text) > MOST_CHARACTERS:
        return None
    if text.isdecimal():
        return int(text)
    if not _WHOLE_NUMBER.fullmatch(text):
        text = text.strip().strip("$").strip().removesuffix(".").strip()
        if not _WHOLE_NUMBER.fullmatch(text):
            return None
    whole, _, digits = text.replace(",", "").partition(".")
    try:
        if "/" not in text:  # a tenth of the time that Fraction takes to read a text
            return Fraction(int(whole + digits), 10 ** len(digits)) if digits else int(whole)
        return Fraction(text.replace(",", ""))
    except (ValueError, ZeroDivisionError):
        return None
