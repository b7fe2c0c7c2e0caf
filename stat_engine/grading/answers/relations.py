"""Equations, inequalities and congruences, and sets of real numbers: intervals, solutions of inequalities."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from stat_engine.grading.answers.scalars import TURNS, difference, same_values
from stat_engine.grading.answers.trees import (
    CONSTANTS,
    INFINITY,
    REALS,
    Apply,
    Matrix,
    Node,
    Number,
    Region,
    Relation,
    Several,
    Symbol,
    Unreadable,
    Word,
    letters_in,
    number,
)
from stat_engine.grading.answers.values import Undefined, real_value, sample

Same = Callable[[Node, Node], bool | None]
_Link = tuple[str, Node, Node]


def same_relations(ours: Relation, theirs: Relation, same: Same) -> bool | None:
    """Whether two statements are equivalent; `same` compares sides that are not numbers. None: not decided.

    Raises Unreadable and Beyond."""
    if ours.modulus is not None or theirs.modulus is not None:
        return _same_congruences(ours, theirs, same)
    first, left = _links(ours), _links(theirs)
    if len(first) != len(left):
        return False
    for link in first:
        verdicts = [_same_links(link, other, same) for other in left]
        if True not in verdicts:
            return None if None in verdicts else False
        left.pop(verdicts.index(True))
    return True


def _same_congruences(ours: Relation, theirs: Relation, same: Same) -> bool | None:
    """The same modulus, and the same residue of the same name, which one of the two may omit."""
    if ours.modulus is None or theirs.modulus is None or same(ours.modulus, theirs.modulus) is not True:
        return False
    names = [relation.sides[:-1] for relation in (ours, theirs)]
    if all(names) and (len(names[0]) != len(names[1]) or not all(map(same, *names))):
        return False
    one, other, modulus = ours.sides[-1], theirs.sides[-1], ours.modulus
    if (
        isinstance(one, Number)
        and isinstance(other, Number)
        and isinstance(modulus, Number)
        and modulus.value
    ):
        return (one.value - other.value) % modulus.value == 0
    return same(one, other)


def _links(relation: Relation) -> list[_Link]:
    """A chain as single relations with < and <= only; numbers between equal signs are intermediate steps."""
    sides, signs = relation.sides, relation.signs
    if (
        len(signs) > 1
        and set(signs) == {"="}
        and not any(letters_in(side) - CONSTANTS for side in sides[1:-1])
    ):
        sides, signs = (sides[0], sides[-1]), ("=",)
    return [
        (sign.replace(">", "<"), right, left) if sign in (">", ">=") else (sign, left, right)
        for sign, left, right in zip(signs, sides, sides[1:], strict=False)
    ]


def _same_links(one: _Link, other: _Link, same: Same) -> bool | None:
    sign, left, right = one
    if sign != other[0]:
        return False
    is_ordered = sign in ("<", "<=")
    are_numbers = not any(
        isinstance(side, Several | Matrix | Region | Word) for side in (*one[1:], *other[1:])
    )
    has_variables = any(letters_in(side) - CONSTANTS for side in (*one[1:], *other[1:]))
    if sign in ("=", "!=", "<", "<=") and are_numbers and has_variables:
        return _proportional(difference(left, right), difference(*other[1:]), is_ordered)
    if same(left, other[1]) and same(right, other[2]):
        return True
    return sign in ("=", "!=") and bool(same(right, other[1]) and same(left, other[2]))


def _proportional(one: Node, other: Node, is_positive: bool) -> bool | None:
    """Whether one formula is the other times a constant, above 0 if the direction matters."""
    zero = number(0)
    if same_values(one, zero) is not False or same_values(other, zero) is not False:
        is_same_formula = same_values(one, other)
        return is_same_formula and letters_in(one) == letters_in(other)  # x = x is not y = y
    found = same_values(Apply("*", (one, _elsewhere(other))), Apply("*", (other, _elsewhere(one))))
    if not found or not is_positive:
        return found
    names = sorted((letters_in(one) | letters_in(other)) - CONSTANTS)
    for turn in range(TURNS):
        try:
            return bool(
                real_value(Apply("*", (one, other)), {name: sample(name, turn) for name in names}) > 0
            )
        except Undefined:
            continue
    return None


def _elsewhere(node: Node) -> Node:
    """The tree with other variables, to compare two formulas at two points at once."""
    if isinstance(node, Symbol):
        return node if node.name in CONSTANTS else Symbol(f"{node.name} elsewhere")
    return Apply(node.name, tuple(map(_elsewhere, node.args))) if isinstance(node, Apply) else node


_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_TRIED = tuple(map(Fraction, ("0", "1", "-3/2", "5/2", "-7/3")))
"""Values of a variable, to see whether a formula is linear in it."""
_NEAR = 40
"""Digits in which two ends must agree."""


@dataclass(frozen=True)
class Piece:
    """One interval; a point has two closed ends that are equal."""

    low: Any
    has_low: bool
    high: Any
    has_high: bool


@dataclass(frozen=True)
class RealSet:
    """Disjoint pieces in order."""

    pieces: tuple[Piece, ...]
    variable: str | None
    """The variable that has these values; null: not named."""


_WHOLE = Piece(float("-inf"), False, float("inf"), False)


def real_set(node: Node) -> RealSet | None:
    """The set of real numbers that an answer describes; None if it describes none."""
    try:
        pieces, variable = _read(node)
    except (Unreadable, Undefined):
        return None
    return RealSet(_united(pieces), variable)


def same_set(one: RealSet, other: RealSet) -> bool:
    """Whether two sets have the same numbers, and the same variable if both name one."""
    if one.variable and other.variable and one.variable != other.variable:
        return False
    if len(one.pieces) != len(other.pieces):
        return False
    return all(
        (ours.has_low, ours.has_high) == (theirs.has_low, theirs.has_high)
        and _same_end(ours.low, theirs.low)
        and _same_end(ours.high, theirs.high)
        for ours, theirs in zip(one.pieces, other.pieces, strict=True)
    )


def _same_end(one: Any, other: Any) -> bool:
    return bool(one == other or abs(one - other) * 10**_NEAR < max(abs(one), abs(other)) < float("inf"))


def _read(node: Node) -> tuple[list[Piece], str | None]:
    if node == REALS:
        return [_WHOLE], None
    if isinstance(node, Relation):
        return _related(node)
    if isinstance(node, Region):
        return _combined(node.name, node.parts)
    if isinstance(node, Several) and node.kind == "tuple" and len(node.items) == 2:
        return [_interval(node)], None
    if isinstance(node, Several) and node.kind == "set":
        return [_point(_end(item)) for item in node.items], None
    if isinstance(node, Several) and node.kind == "list" and node.joiner != ",":
        return _combined("union" if node.joiner.endswith("or") else "intersection", node.items)
    raise Unreadable("no set of numbers")


def _interval(node: Several) -> Piece:
    low, high = map(_end, node.items)
    if not low < high:
        raise Unreadable("an interval whose ends are in the wrong order")
    return Piece(low, node.brackets[0] == "[", high, node.brackets[1] == "]")


def _end(node: Node) -> Any:
    if node == INFINITY:
        return float("inf")
    if isinstance(node, Apply) and node.name == "neg" and node.args[0] == INFINITY:
        return float("-inf")
    return real_value(node)


def _point(at: Any) -> Piece:
    return Piece(at, True, at, True)


def _combined(name: str, parts: tuple[Node, ...]) -> tuple[list[Piece], str | None]:
    read = [_read(part) for part in parts]
    variables = {variable for _, variable in read if variable}
    if len(variables) > 1:
        raise Unreadable("sets of two variables")
    found = read[0][0]
    for pieces, _ in read[1:]:
        if name == "union":
            found = [*found, *pieces]
        else:
            found = _common(found, pieces if name == "intersection" else _complement(pieces))
    return found, next(iter(variables), None)


def _related(node: Relation) -> tuple[list[Piece], str | None]:
    """The values of x in `x in S`, `x < 3`, `1 < 2x + 1 < 3` and `|x - 1| > 2`."""
    if node.modulus is not None:
        raise Unreadable("a congruence")
    names = sorted({name for side in node.sides for name in letters_in(side)} - CONSTANTS)
    if len(names) != 1:
        raise Unreadable("no statement on one variable")
    variable = Symbol(names[0])
    if node.signs == ("in",) and node.sides[0] == variable:
        return _read(node.sides[1])[0], variable.name
    found = [_WHOLE]
    for sign, left, right in zip(node.signs, node.sides, node.sides[1:], strict=False):
        if sign not in _TURNED:
            raise Unreadable("no statement on one variable")
        if letters_in(right) - CONSTANTS:
            sign, left, right = _TURNED[sign], right, left
        found = _common(found, _solved(sign, left, right, variable))
    return found, variable.name


def _solved(sign: str, left: Node, right: Node, variable: Symbol) -> list[Piece]:
    """Where a formula with the variable is below, above or not equal to a constant."""
    if letters_in(right) - CONSTANTS:
        left, right = difference(left, right), number(0)
    if left == variable:
        return _one_sided(sign, _end(right))
    if sign == "=":
        raise Unreadable("an equation that is not solved")
    end = real_value(right)
    if not isinstance(left, Apply) or left.name != "abs":
        return _linear(sign, left, end, variable)
    if end < 0:
        raise Unreadable("an absolute value below zero")
    inner = left.args[0]
    one, other = _linear(sign, inner, end, variable), _linear(_TURNED[sign], inner, -end, variable)
    return [*one, *other] if sign in (">", ">=") else _common(one, other)


def _linear(sign: str, formula: Node, end: Any, variable: Symbol) -> list[Piece]:
    """Where a linear formula is below, above or not equal to a number. Raises Unreadable for others."""
    at_zero, at_one, *others = (real_value(formula, {variable.name: at}) for at in _TRIED)
    slope = at_one - at_zero
    expected = (at_zero + slope * at.numerator / at.denominator for at in _TRIED[2:])
    if not slope or not all(map(_same_end, others, expected)):
        raise Unreadable("a formula that is not linear")
    return _one_sided(sign if slope > 0 else _TURNED[sign], (end - at_zero) / slope)


def _one_sided(sign: str, end: Any) -> list[Piece]:
    below, above = Piece(_WHOLE.low, False, end, sign == "<="), Piece(end, sign == ">=", _WHOLE.high, False)
    if sign == "=":
        return [_point(end)]
    return {"<": [below], "<=": [below], ">": [above], ">=": [above], "!=": [below, above]}[sign]


def _common(one: list[Piece], other: list[Piece]) -> list[Piece]:
    found = []
    for ours, theirs in product(one, other):
        low, has_low = max((ours.low, not ours.has_low), (theirs.low, not theirs.has_low))
        high, has_high = min((ours.high, ours.has_high), (theirs.high, theirs.has_high))
        if low < high or (low == high and not has_low and has_high):
            found.append(Piece(low, not has_low, high, has_high))
    return found


def _complement(pieces: list[Piece]) -> list[Piece]:
    found = [_WHOLE]
    for piece in pieces:
        below = Piece(_WHOLE.low, False, piece.low, not piece.has_low)
        above = Piece(piece.high, not piece.has_high, _WHOLE.high, False)
        found = _common(found, [part for part in (below, above) if part.low < part.high])
    return found


def _united(pieces: list[Piece]) -> tuple[Piece, ...]:
    found: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: (piece.low, not piece.has_low)):
        last = found[-1] if found else None
        if last and (piece.low < last.high or (piece.low == last.high and (piece.has_low or last.has_high))):
            high, has_high = max((last.high, last.has_high), (piece.high, piece.has_high))
            found[-1] = Piece(last.low, last.has_low, high, has_high)
        else:
            found.append(piece)
    return tuple(found)
