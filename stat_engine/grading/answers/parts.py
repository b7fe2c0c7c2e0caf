"""Answers with parts: lists and sets, tuples, matrices, ratios."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from stat_engine.grading.answers.scalars import same_values
from stat_engine.grading.answers.trees import (
    Apply,
    Beyond,
    Dots,
    Matrix,
    Node,
    Number,
    Relation,
    Several,
    children,
)


def spread(node: Node) -> Node:
    """A value with plus-minus in it as the list of its values."""
    if isinstance(node, Several) and node.kind in ("list", "set"):
        items = [part for item in node.items for part in _signs(item)]
        return Several(node.kind, tuple(items), joiner=node.joiner) if len(items) > len(node.items) else node
    values = _signs(node)
    return node if len(values) == 1 else Several("list", tuple(values), joiner="or")


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


Same = Callable[[Node, Node], bool | None]
_MOST_ITEMS = 60


def same_parts(ours: Node, theirs: Node, is_ordered: bool, same: Same) -> bool | None:
    """Whether two answers have the same parts; in lists and sets in any order, unless `is_ordered`.

    `same` compares two parts. Null: not decided. Raises Unreadable and Beyond."""
    first, second = _parts(ours), _parts(theirs)
    if isinstance(first, Matrix) or isinstance(second, Matrix):
        return _same_matrices(first, second, same)
    kinds = {first.kind, second.kind}
    if "ratio" in kinds:
        return _same_ratios(first, second, same)
    if {first.joiner, second.joiner} == {"lor", "land"}:
        return False
    if len(first.items) == len(second.items) == 1:
        return same(first.items[0], second.items[0])
    if Dots() in first.items or Dots() in second.items:
        items = _without_further(first.items), _without_further(second.items)
        return kinds <= {"list", "set"} and _same_in_order(*items, same)
    if kinds <= {"list", "set"} and not (is_ordered and kinds == {"list"}):
        return _same_in_any_order(first.items, second.items, "set" in kinds, same)
    if "set" in kinds or (
        first.brackets != second.brackets and (is_half_closed(first) or is_half_closed(second))
    ):
        return False
    return _same_in_order(first.items, second.items, same)


def _without_further(items: Sequence[Node]) -> Sequence[Node]:
    """A progression with equal steps by its first two terms: 1, 2, 3, ..., 10 as 1, 2, ..., 10."""
    at = items.index(Dots()) if Dots() in items[:-1] else 0
    begun = [item.value for item in items[:at] if isinstance(item, Number)]
    steps = {after - before for before, after in pairwise(begun)}
    return [*items[:2], *items[at:]] if len(begun) == at > 2 and len(steps) == 1 else items


def is_half_closed(node: Several) -> bool:
    """Whether the brackets make a pair an interval, as in [1, 2); (1, 2) can also be a point."""
    return node.kind == "tuple" and len(node.items) == 2 and node.brackets != "()"


def _parts(node: Node) -> Several | Matrix:
    """The parts of an answer; a matrix of one column is a vector, and a single value a list of one."""
    if isinstance(node, Matrix) and len(node.rows[0]) == 1:
        return Several("vector", tuple(row[0] for row in node.rows))
    return node if isinstance(node, Matrix | Several) else Several("list", (node,))


def _same_matrices(ours: Several | Matrix, theirs: Several | Matrix, same: Same) -> bool | None:
    """The same entries in the same places; a row is also the tuple of its entries."""
    for one, other in ((ours, theirs), (theirs, ours)):
        if isinstance(other, Several) and isinstance(one, Matrix):
            is_row = len(one.rows) == 1 and other.kind == "tuple"
            return is_row and _same_in_order(children(one), other.items, same)
    shapes = [(len(m.rows), len(m.rows[0])) for m in (ours, theirs) if isinstance(m, Matrix)]
    return shapes[0] == shapes[1] and _same_in_order(children(ours), children(theirs), same)


def _same_ratios(ours: Several, theirs: Several, same: Same) -> bool | None:
    """2:4 is 1:2, and one half; 1:2:3 is 2:4:6."""
    for ratio, other in ((ours, theirs), (theirs, ours)):
        if other.kind != "ratio":
            is_fraction = len(ratio.items) == 2 and len(other.items) == 1
            return is_fraction and same(Apply("/", ratio.items), other.items[0])
    if len(ours.items) != len(theirs.items):
        return False
    first, second = ours.items[0], theirs.items[0]
    return _all(
        same_values(Apply("*", (one, second)), Apply("*", (other, first)))
        for one, other in zip(ours.items[1:], theirs.items[1:], strict=True)
    )


def _same_in_order(ours: Sequence[Node], theirs: Sequence[Node], same: Same) -> bool | None:
    if len(ours) != len(theirs):
        return False
    return _all(same(one, other) for one, other in zip(ours, theirs, strict=True))


def _same_in_any_order(ours: Sequence[Node], theirs: Sequence[Node], is_set: bool, same: Same) -> bool | None:
    """Each item of one is an item of the other; in sets an item may appear twice."""
    if max(len(ours), len(theirs)) > _MOST_ITEMS:
        raise Beyond("a list of very many items")
    if not is_set and len(ours) != len(theirs):
        return False
    is_open = False
    left, met = list(theirs), list[Node]()
    for item in ours:
        verdicts = [_is_a_set(item) == _is_a_set(other) and same(item, other) for other in left]
        if True in verdicts:
            met.append(left.pop(verdicts.index(True)))
        elif None in verdicts:
            is_open = True
        elif not is_set or not any(same(item, other) for other in met):
            return False
    return None if is_open else all(any(same(item, other) for other in met) for item in left)


def _is_a_set(node: Node) -> bool:
    """Whether an item is itself a set: {1} in a set is not 1."""
    return isinstance(node, Several) and node.kind == "set"


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    found: bool | None = True
    for verdict in verdicts:
        if verdict is False:
            return False
        found = found and verdict
    return found
