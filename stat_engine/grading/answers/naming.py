"""The values of answers that name them, as in `x = 5`, and of those that give two, as in `1 \\pm 2`."""

from stat_engine.grading.answers.exact import Undefined
from stat_engine.grading.answers.trees import (
    CONSTANTS,
    Apply,
    Matrix,
    Node,
    Relation,
    Several,
    Symbol,
    Unreadable,
    Word,
    children,
    letters_in,
)
from stat_engine.grading.answers.values import Numeric

_DIGITS, _ABOUT = 20, 0.006
"""Digits, and the relative difference allowed between two sides of a chain: 2/3 = 0.67."""


def spread(node: Node) -> Node:
    """A value with plus-minus in it as the list of its values."""
    if isinstance(node, Several) and node.kind in ("list", "set"):
        items = [part for item in node.items for part in _signs(item)]
        return Several(node.kind, tuple(items), joiner=node.joiner) if len(items) > len(node.items) else node
    values = _signs(node)
    return node if len(values) == 1 else Several("list", tuple(values), joiner="or")


def unnamed(ours: Node, theirs: Node) -> tuple[Node, Node]:
    """The values of `x = 5`, of `x = 1, 2` and of `x = 1, y = 2`, if the other side gives values only.

    A response may name its value by a formula, as in x^2 + 1 = 5; where the reference does so, it is an
    equation, and its right side alone is not an answer."""
    first, second = _values(ours), _values(theirs)
    if first and second:
        is_same_name = first[0] is not None and first[0] == second[0]
        return (
            (first[1], second[1])
            if is_same_name and not (_is_chain(ours) or _is_chain(theirs))
            else (ours, theirs)
        )
    if first and not _holds_relation(theirs):
        return first[1], theirs
    if second and second[0] is not None and not _holds_relation(ours):
        return ours, second[1]
    return ours, theirs


def _signs(node: Node) -> list[Node]:
    if isinstance(node, Several | Matrix) or not _has_signs(node):
        return [node]
    return [part for sign in (1, -1) for part in _signs(_signed(node, sign))]


def _has_signs(node: Node) -> bool:
    return (isinstance(node, Apply) and node.name in ("pm", "mp")) or any(map(_has_signs, children(node)))


def _signed(node: Node, sign: int) -> Node:
    """The tree with plus-minus replaced by one of the signs everywhere."""
    if isinstance(node, Apply):
        args = tuple(_signed(arg, sign) for arg in node.args)
        if node.name not in ("pm", "mp"):
            return Apply(node.name, args)
        is_plus = (sign == 1) == (node.name == "pm")
        return Apply("+", (args[0], args[1] if is_plus else Apply("neg", (args[1],))))
    if isinstance(node, Relation):
        return Relation(tuple(_signed(side, sign) for side in node.sides), node.signs, node.modulus)
    return node


def _holds_relation(node: Node) -> bool:
    return isinstance(node, Relation) or (
        isinstance(node, Several) and any(isinstance(item, Relation) for item in node.items)
    )


def _is_chain(node: Node) -> bool:
    """Whether a chain has a formula with variables in the middle, as in a = b = c."""
    return isinstance(node, Relation) and any(letters_in(side) - CONSTANTS for side in node.sides[1:-1])


def _values(node: Node) -> tuple[str | None, Node] | None:
    """(name, values) of a statement that names values; null name: a formula is in its place."""
    if isinstance(node, Relation) and node.modulus is None:
        if set(node.signs) == {"="}:
            return (_name(node.sides[0]), node.sides[-1]) if _is_consistent(node) else None
        return (_name(node.sides[0]), node.sides[1]) if node.signs == ("in",) else None
    if not isinstance(node, Several) or node.kind == "tuple" or not node.items:
        return None
    parts = [_values(item) if isinstance(item, Relation) else None for item in node.items]
    if parts[0] is None or parts[0][0] is None:
        return None
    names = [part[0] if part else None for part in parts]
    values = tuple(part[1] if part else item for part, item in zip(parts, node.items, strict=True))
    if set(names[1:]) <= {None, names[0]}:
        return names[0], Several("list", values, joiner=node.joiner)
    if None in names or len(set(names)) < len(names):
        return None
    in_order = sorted(zip(map(str, names), values, strict=True), key=lambda pair: pair[0])
    return ",".join(name for name, _ in in_order), Several(
        "tuple", tuple(value for _, value in in_order), "()"
    )


def _is_consistent(node: Relation) -> bool:
    """Whether the sides that are numbers agree roughly: 100/3 = 33.3 does, 0.5 = 56% does not."""
    sides = [side for side in node.sides if not letters_in(side) - CONSTANTS]
    if len(sides) < 2:
        return True
    try:
        values = [complex(Numeric(_DIGITS, {}, False).value(side)) for side in sides]
    except Undefined:
        return False
    except (Unreadable, OverflowError):
        return True
    return all(abs(value - values[-1]) <= _ABOUT * max(abs(value), abs(values[-1])) for value in values)


def _name(node: Node) -> str | None:
    """The name of a value: a variable, a word, f(x), a product of variables, or several of them."""
    if isinstance(node, Symbol):
        return node.name
    if isinstance(node, Word):
        return node.text
    if isinstance(node, Several) and node.kind == "tuple":
        names = [_name(item) for item in node.items]
        return ",".join(map(str, names)) if None not in names else None
    if isinstance(node, Apply) and node.name == "*":
        names = [_name(arg) for arg in node.args]
        return "".join(map(str, names)) if None not in names else None
    if isinstance(node, Apply) and (node.name.startswith("call ") or node.name in ("degree", "abs")):
        return f"{node.name} {node.args}"
    return None if letters_in(node) - CONSTANTS else "value"
