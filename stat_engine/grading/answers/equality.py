"""Whether two answers mean the same, and by which rule.

The rules are tried in order of cost; the first that decides gives the verdict. If none decides, sympy is
asked (`scalars.py`), in a process with a time limit."""

import re
from dataclasses import dataclass, replace

from stat_engine.grading.answers.answer import (
    MOST_CHARACTERS,
    Answer,
    Clock,
    in_same_unit,
    plain_number,
    read,
)
from stat_engine.grading.answers.names import unnamed
from stat_engine.grading.answers.parts import is_half_closed, same_parts, spread
from stat_engine.grading.answers.relations import real_set, same_relations, same_set
from stat_engine.grading.answers.scalars import FLOAT_DIGITS, inside, same_values
from stat_engine.grading.answers.tidying import NUMBER_WORDS
from stat_engine.grading.answers.trees import (
    CONSTANTS,
    REALS,
    Apply,
    Based,
    Beyond,
    Dots,
    Matrix,
    Node,
    Number,
    Region,
    Relation,
    Several,
    Symbol,
    Unreadable,
    Word,
    combined,
    letters_in,
    product_of,
)
from stat_engine.grading.answers.units import differ

_OPTION = re.compile(r"\(?([A-J])\)?")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer is right, and why."""

    is_correct: bool | None
    """Null: not decided; sympy was not asked, or the time limit was reached."""
    rule: str
    """The comparison that decided, in words."""


NO_ANSWER = Verdict(False, "no answer found")
UNDECIDED = Verdict(None, "not decided without sympy")
UNREADABLE = Verdict(False, "not readable as mathematics")
_TOO_LONG = Verdict(False, "too long to compare as mathematics")
_OTHER_UNITS = Verdict(False, "different units")
_SAME_TEXT = Verdict(True, "same text")
_SAME_NUMBER, _OTHER_NUMBER = Verdict(True, "same number"), Verdict(False, "differs as a number")


def compare(answer: str | None, reference: str | None) -> Verdict:
    """The verdict on a final answer; null if only sympy can decide."""
    if answer is None or reference is None:
        return NO_ANSWER
    if answer == reference:
        return _SAME_TEXT
    ours, theirs = plain_number(answer), plain_number(reference)
    if ours is not None and theirs is not None:
        if ours == theirs:
            return _SAME_NUMBER
        if ("." in answer) == ("." in reference) or max(len(answer), len(reference)) <= FLOAT_DIGITS:
            return _OTHER_NUMBER
    if max(len(answer), len(reference)) > MOST_CHARACTERS:
        return _TOO_LONG
    return _compared(read(answer), read(reference, True))


def _verdict(is_same: bool | None, what: str) -> Verdict:
    if is_same is None:
        return UNDECIDED
    article = "an" if what[0] in "aeiou" else "a"
    return Verdict(is_same, f"same {what}" if is_same else f"differs as {article} {what}")


def _compared(ours: Answer, theirs: Answer) -> Verdict:
    if ours.option or theirs.option:
        return _same_options(ours, theirs)
    if ours.key == theirs.key:
        return _SAME_TEXT
    if (ours.clock and (theirs.clock or ":" in ours.text)) or (theirs.clock and ":" in theirs.text):
        return _same_times(ours, theirs)
    if _are_mirrored(ours.text, theirs.text) or _are_mirrored(theirs.text, ours.text):
        return _OTHER_UNITS
    are_converted = differ(ours.unit, theirs.unit)
    ours, theirs = in_same_unit(ours, theirs), in_same_unit(theirs, ours)
    if differ(ours.unit, theirs.unit) or _is_share(ours, theirs) or _is_share(theirs, ours):
        return _OTHER_UNITS
    first, second = _chosen(ours, theirs)
    if first is None or second is None:
        return UNDECIDED if ours.is_beyond or theirs.is_beyond else UNREADABLE
    try:
        is_same = _same(first, second, ours.is_text and theirs.is_text)
        return _OTHER_UNITS if are_converted and is_same is False else _verdict(is_same, _kind(first, second))
    except Beyond:
        return UNDECIDED
    except (Unreadable, RecursionError):
        return UNREADABLE


def _is_share(one: Answer, other: Answer) -> bool:
    """Whether one answer has a unit and the other is a percentage."""
    return bool(one.unit and other.node is not None and inside(other.node, "percent") is not None)


def _same_options(ours: Answer, theirs: Answer) -> Verdict:
    """The same letter, if both answers name one; of an option and a value the same value."""
    letters = [answer.option or _letter(answer) for answer in (ours, theirs)]
    if None not in letters:
        return _verdict(letters[0] == letters[1], "option")
    return _compared(replace(ours, option=None), replace(theirs, option=None))


def _letter(answer: Answer) -> str | None:
    found = _OPTION.fullmatch(answer.text)
    return found[1] if found else None


def _chosen(ours: Answer, theirs: Answer) -> tuple[Node | None, Node | None]:
    """The trees to compare; a unit's letters are variables if the other side has those letters."""
    letters = ours.letters | theirs.letters
    if letters and not (ours.unit and theirs.unit):
        first, second = ours.full or ours.node, theirs.full or theirs.node
        is_factor = ours.is_factor or theirs.is_factor
        if first and second and (is_factor or letters & letters_in(first) & letters_in(second)):
            return first, second
    return ours.node, theirs.node


def _same_times(ours: Answer, theirs: Answer) -> Verdict:
    """The same time, and the same half of the day if both name one; a ratio is not a time."""
    if not ours.clock or not theirs.clock:
        return _verdict(False, "time of day")
    halves = {ours.clock[3], theirs.clock[3]} - {""}
    is_same = ours.clock[:3] == theirs.clock[:3] and len(halves) < 2
    return _verdict(is_same or (bool(halves) and _of_24(ours.clock) == _of_24(theirs.clock)), "time of day")


def _of_24(clock: Clock) -> tuple[int, int, int]:
    """The time on a clock of 24 hours: 17:00 for 5 p.m."""
    hour, minute, second, half = clock
    return (hour % 12 + 12 * (half == "p") if half and hour <= 12 else hour), minute, second


def _are_mirrored(one: str, other: str) -> bool:
    """Whether one says left where the other says right."""
    return "left" in one and "right" in other and "right" not in one and "left" not in other


def _kind(one: Node, other: Node) -> str:
    """What two answers are compared as, in the words of the rule."""
    for node in (other, one):
        if isinstance(node, Relation):
            return "congruence" if node.modulus else "equation" if set(node.signs) == {"="} else "inequality"
        if isinstance(node, Region) or node == REALS:
            return "set of real numbers"
        if isinstance(node, Matrix):
            return "matrix"
        if isinstance(node, Several):
            return "interval" if is_half_closed(node) else node.kind
    if isinstance(one, Word | Symbol) and isinstance(other, Word | Symbol):
        return "word" if isinstance(one, Word) or isinstance(other, Word) else "name"
    return "expression" if (letters_in(one) | letters_in(other)) - CONSTANTS else "number"


def _same(ours: Node, theirs: Node, is_ordered: bool = False) -> bool | None:
    """Whether two trees mean the same. Raises Unreadable and Beyond."""
    if ours == theirs:
        return True
    ours, theirs = unnamed(spread(ours), spread(theirs))
    ours, theirs = combined(ours), combined(theirs)
    if isinstance(ours, Relation) != isinstance(theirs, Relation):
        ours, theirs = _residue(ours), _residue(theirs)
    if isinstance(ours, Relation) and isinstance(theirs, Relation):
        found = same_relations(ours, theirs, _same)
        return found or _same_sets(ours, theirs) or found
    if _is_set(ours) or _is_set(theirs):
        found = _same_sets(ours, theirs)
        if found is not None:
            return found
    if isinstance(ours, Based) or isinstance(theirs, Based):
        return _same_digits(ours, theirs)
    if isinstance(ours, Several | Matrix) or isinstance(theirs, Several | Matrix):
        return same_parts(ours, theirs, is_ordered, _same)
    if isinstance(ours, Word) or isinstance(theirs, Word):
        return _same_words(ours, theirs)
    if isinstance(ours, Relation | Region | Dots) or isinstance(theirs, Relation | Region | Dots):
        return False
    return same_values(ours, theirs)


def _residue(node: Node) -> Node:
    """The number of a congruence, as its modulus may be left out."""
    return node.sides[-1] if isinstance(node, Relation) and node.modulus is not None else node


def _is_set(node: Node) -> bool:
    """Whether a node is compared as a set of real numbers if the other node is one too."""
    if isinstance(node, Several):
        return node.kind == "list" and node.joiner != "," and isinstance(node.items[0], Relation)
    return isinstance(node, Relation | Region) or node == REALS


def _same_sets(ours: Node, theirs: Node) -> bool | None:
    first, second = real_set(ours), real_set(theirs)
    if first is None or second is None or not (first.pieces or second.pieces):
        return None
    return same_set(first, second)


def _same_digits(ours: Node, theirs: Node) -> bool:
    """Digits in a base: two bases must agree, and one may be left out."""
    if isinstance(ours, Based) and isinstance(theirs, Based):
        return ours.base == theirs.base and ours.digits.lstrip("0") == theirs.digits.lstrip("0")
    based, other = (ours, theirs) if isinstance(ours, Based) else (theirs, ours)
    assert isinstance(based, Based)
    return (based.digits.lstrip("0") or "0") == _digits(other)


def _digits(node: Node) -> str | None:
    """The digits of a whole number without its base: 12, 2A, AB; None for other answers."""
    if isinstance(node, Number) and node.value.denominator == 1 and node.digits is None:
        return str(node.value.numerator)
    if isinstance(node, Word | Symbol):
        return (node.text if isinstance(node, Word) else node.name).upper()
    parts = [_digits(arg) for arg in node.args] if isinstance(node, Apply) and node.name == "*" else [None]
    return "".join(map(str, parts)) if None not in parts else None


def _same_words(ours: Node, theirs: Node) -> bool | None:
    """The same letters in the same order; against a formula, a short word is a product of variables."""
    if isinstance(ours, Word | Symbol) and isinstance(theirs, Word | Symbol):
        return _letters(ours) == _letters(theirs)
    word, other = (ours, theirs) if isinstance(ours, Word) else (theirs, ours)
    assert isinstance(word, Word)
    if isinstance(other, Number):
        return NUMBER_WORDS.get(word.text.lower()) == other.value
    product = product_of(word)
    return False if product is None else same_values(product, other)


def _letters(node: Word | Symbol) -> str:
    """The letters of a word, whose case counts in names: ABC is not abc, and Yes is yes."""
    text = "".join((node.text if isinstance(node, Word) else node.name).replace("-", " ").split())
    is_name = len(text) < 3 or (len(text) < 5 and text.isupper())
    return text if is_name and text.casefold() not in ("no", "yes", "true", "none") else text.casefold()
