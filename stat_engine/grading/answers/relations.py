"""Equations, inequalities and congruences: the same where one is the other times a constant."""

from collections.abc import Callable

from stat_engine.grading.answers.exact import Undefined
from stat_engine.grading.answers.scalars import TURNS, difference, same_values
from stat_engine.grading.answers.trees import (
    CONSTANTS,
    Apply,
    Matrix,
    Node,
    Number,
    Region,
    Relation,
    Several,
    Symbol,
    Word,
    letters_in,
    number,
)
from stat_engine.grading.answers.values import real_value, sample

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
        return same_values(one, other)
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
