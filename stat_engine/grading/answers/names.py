"""Answers that name their values: x = 5, f(x) = 2x, AB = 12, x = 1 and y = 2."""

from stat_engine.grading.answers.trees import (
    CONSTANTS,
    Apply,
    Node,
    Number,
    Relation,
    Several,
    Symbol,
    Unreadable,
    Word,
    children,
    letters_in,
)
from stat_engine.grading.answers.values import Numeric, Undefined

_DIGITS, _ABOUT = 20, 0.006
"""Digits, and the relative difference allowed between two sides of a chain: 2/3 = 0.67."""


def unnamed(ours: Node, theirs: Node) -> tuple[Node, Node]:
    """The values of `x = 5`, of `x = 1, 2` and of `x = 1, y = 2`, if the other side gives values only.

    A name alone may be left out, as may f(x) and a calculation with numbers: the right side of x + 5 = 8 is
    no answer. That of m + n = 17 is one, against a number: questions ask for such sums."""
    first, second = _values(ours), _values(theirs)
    if first and second:
        is_same_name = first[0] == second[0]
        return (
            (first[1], second[1])
            if is_same_name and not (_is_chain(ours) or _is_chain(theirs))
            else (ours, theirs)
        )
    if first and not _holds_relation(theirs):
        return first[1], theirs
    if second and not _holds_relation(ours):
        return ours, second[1]
    return (asked, theirs) if (asked := _asked(ours)) and not letters_in(theirs) else (ours, theirs)


def _asked(node: Node) -> Node | None:
    """The number at the end of m + n = 17, or of m + n = 8 + 9 = 17; None for other answers."""
    if not isinstance(node, Relation) or node.modulus is not None or set(node.signs) != {"="}:
        return None
    is_asked = _is_sum(node.sides[0]) and not any(map(letters_in, node.sides[1:]))
    return node.sides[-1] if is_asked and _is_consistent(node) else None


def _is_sum(node: Node) -> bool:
    """Whether this is a sum of several variables, each with a number before it or none."""
    if not isinstance(node, Apply) or node.name != "+":
        return False
    parts = [part.args[0] if isinstance(part, Apply) and part.name == "neg" else part for part in node.args]
    return all(_is_multiple(part) or _is_sum(part) for part in parts)


def _holds_relation(node: Node) -> bool:
    return isinstance(node, Relation) or (
        isinstance(node, Several) and any(isinstance(item, Relation) for item in node.items)
    )


def _is_chain(node: Node) -> bool:
    """Whether a chain has a formula with variables in the middle, as in a = b = c."""
    return isinstance(node, Relation) and any(letters_in(side) - CONSTANTS for side in node.sides[1:-1])


def _values(node: Node) -> tuple[str, Node] | None:
    """(name, values) of a statement that names values; None for other answers."""
    if isinstance(node, Relation) and node.modulus is None:
        first, last = node.sides[0], node.sides[-1]
        name = _name(first) or node.called
        if node.signs == ("in",):
            return None if name is None else (name, node.sides[1])
        if name is None or set(node.signs) != {"="} or not _is_consistent(node):
            return None
        turned = _name(last) if name == _VALUE and letters_in(last) - CONSTANTS else None
        if name == _VALUE and letters_in(last) - CONSTANTS and (turned is None or len(node.sides) > 2):
            return None
        return (name, last) if turned is None else (turned, first)
    if not isinstance(node, Several) or node.kind == "tuple" or not node.items:
        return None
    parts = [_values(item) if isinstance(item, Relation) else None for item in node.items]
    if parts[0] is None:
        return None
    own = parts[0][0]
    names = [part[0] if part else None for part in parts]
    values = tuple(part[1] if part else item for part, item in zip(parts, node.items, strict=True))
    if set(names[1:]) <= {None, own}:
        return own, Several("list", values, joiner=node.joiner)
    if None in names or len(set(names)) < len(names):
        return None
    in_order = sorted(zip(map(str, names), values, strict=True), key=lambda pair: pair[0])
    return ",".join(name for name, _ in in_order), Several(
        "tuple", tuple(value for _, value in in_order), "()"
    )


def _is_consistent(node: Relation) -> bool:
    """Whether the sides that are numbers agree roughly: 100/3 = 33.3 does, 0.5 = 56% does not."""
    sides = [side for side in node.sides if not letters_in(side) - CONSTANTS and not _has_call(side)]
    if len(sides) < 2:
        return True
    try:
        values = [complex(Numeric(_DIGITS, {}, False).value(side)) for side in sides]
    except Undefined:
        return False
    except (Unreadable, OverflowError):
        return True
    return all(abs(value - values[-1]) <= _ABOUT * max(abs(value), abs(values[-1])) for value in values)


def _has_call(node: Node) -> bool:
    """Whether a function without a definition is in a formula, as f in f(3): its value is not known."""
    return (isinstance(node, Apply) and node.name.startswith("call ")) or any(map(_has_call, children(node)))


_VALUE = "value"
"""The name of a calculation: the 2 + 3 of 2 + 3 = 5."""
_SHORT_NAMES = {"sum", "gcd", "lcm", "max", "min", "ans", "age", "tax", "var", "day", "fee"}
_TRIGONOMETRIC = {"sin", "cos", "tan", "cot", "sec", "csc"}


def _name(node: Node) -> str | None:
    """The name of a value: a variable, a word, f(x), an angle, a segment, or several of them.

    None for a formula such as 2x or x + y, whose value is not that of an unknown."""
    if isinstance(node, Symbol):
        return node.name
    if isinstance(node, Word):
        return node.text if _is_name(node.text) else None
    if isinstance(node, Several) and node.kind == "tuple":
        names = [_name(item) for item in node.items]
        return ",".join(map(str, names)) if None not in names else None
    if not isinstance(node, Apply):
        return None if letters_in(node) - CONSTANTS else _VALUE
    if node.name.startswith("call ") or node.name in ("degree", "abs"):
        return f"{node.name} {node.args}" if node.name != "abs" or not letters_in(node) & {"x", "y"} else None
    letters = _letters(node)
    if letters:
        return letters if letters.isupper() or letters.startswith("mangle") else None
    if node.name in _TRIGONOMETRIC and _is_multiple(node.args[0]):
        return f"{node.name} {node.args[0]}"
    if node.name == "/" and [str(_letters(arg))[0] for arg in node.args] == ["d", "d"]:
        return "/".join(str(_letters(arg)) for arg in node.args)
    if node.name == "/" and all(letters_in(arg) - CONSTANTS for arg in node.args):
        segments = [str(_name(arg) or "") for arg in node.args]
        return "/".join(segments) if min(map(len, segments)) > 1 else None
    return None if letters_in(node) - CONSTANTS else _VALUE


def _is_multiple(node: Node) -> bool:
    """Whether this is a name, or a multiple of one."""
    if isinstance(node, Apply) and node.name == "*" and isinstance(node.args[0], Number):
        return isinstance(node.args[1], Symbol)
    return isinstance(node, Symbol)


def _letters(node: Node) -> str | None:
    """The symbols of a product in order, as those of the segment AB; None for other factors."""
    if isinstance(node, Symbol):
        return node.name.replace(" ", "")
    parts = [_letters(arg) for arg in node.args] if isinstance(node, Apply) and node.name == "*" else [None]
    return "".join(map(str, parts)) if None not in parts else None


def _is_name(word: str) -> bool:
    """Whether letters are a name and not a product of variables, as xy and abc are."""
    is_long = len(word) > 3 and bool(set(word.lower()) & set("aeiou")) and word != "abcd"
    return word.isupper() or is_long or word.lower() in _SHORT_NAMES or not word.isalpha()
