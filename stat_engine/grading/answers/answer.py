"""A final answer in the form that is compared: its normalised text, its tree, its unit."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from stat_engine.grading.answers.parsing import parse
from stat_engine.grading.answers.tidying import tidy, whole_text
from stat_engine.grading.answers.trees import (
    CONSTANTS,
    Apply,
    Beyond,
    Node,
    Unreadable,
    children,
    letters_in,
    number,
)
from stat_engine.grading.answers.units import Quantity, quantity

_CLOCK = re.compile(
    r"(\d{1,2})\s*:\s*([0-5]\d)(?:\s*:\s*([0-5]\d))?\s*(?:\\text\{)?\s*(?:([AaPp])\.?\s*[Mm]\.?)?\s*\}?"
)
_PERCENT = re.compile(
    r"\s*(?:\\text\{\s*(?:percent|per cent|pct)\.?\s*\}|(?<![A-Za-z])(?:percent|per cent|pct)(?![A-Za-z])\.?)"
)
_NOON = re.compile(r"(?<![A-Za-z])([AaPp])\.\s?[Mm](?![A-Za-z])\.?")
_TO = re.compile(r"(\d+(?:\.\d+)?)\s*(?:\\text\{\s*)?to\s*\}?\s*(\d+(?:\.\d+)?)")
_NOT_EQUAL = re.compile(r"\\not\s*=")
_WITHOUT = re.compile(r"(\\mathbb\{R\}\s*)-\s*(?=\\\{)")
_ASIDE = re.compile(
    r"(.*[\w}])\s+\((?![^()]*\b(?:if|when|where|for|mod|or|not|except|unless|base)\b)[^()]*\)"
)
"""An answer with a remark in brackets: 18 dollars ($18)."""
_SPACE = re.compile(r"(?<![A-Za-z0-9,]) | (?![A-Za-z0-9])")
_UNION = re.compile(r"(?<=[)\]])\s*U\s*(?=[(\[])")
_ANGLES = re.compile(r"<([^<>=]*,[^<>=]*)>")
_REALS = re.compile(
    r"all real (?:numbers?|values)(?: of [a-z])?|all reals|the real numbers|real numbers", re.IGNORECASE
)
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
    is_text: bool = False
    """The whole answer is one `\\text{...}`."""
    clock: Clock | None = None

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
    if _REALS.fullmatch(plain):
        plain = "\\mathbb{R}"
    plain = _ANGLES.sub(r"\\langle \1\\rangle ", _UNION.sub(r"\\cup ", _PERCENT.sub(r"\\%", plain)))
    plain = _NOT_EQUAL.sub(r"\\ne ", _WITHOUT.sub(r"\1\\setminus ", plain))
    ratio = _TO.fullmatch(plain)
    if ratio:
        plain = f"{ratio[1]}:{ratio[2]}"
    whole, is_beyond = _tree(plain)
    found = quantity(plain, is_reference)
    aside = _ASIDE.fullmatch(plain) if whole is None and found.number == plain else None
    if aside:
        return replace(read(aside[1], is_reference), text=plain)
    if found.number == plain:
        return Answer(plain, whole, is_beyond, is_text=inner is not None)
    node, is_head_beyond = _tree(found.number)
    if node is None or not _may_have(node, found):
        return Answer(plain, whole, is_beyond or is_head_beyond, is_text=inner is not None)
    if found.scale != 1:
        node = Apply("*", (number(found.scale), node))
    return Answer(
        plain, node, False, found.unit, found.letters, whole if found.letters else None, inner is not None
    )


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
