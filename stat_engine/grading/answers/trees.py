"""Answers as trees: numbers, symbols, operations, and collections of them."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

Kind = Literal["list", "set", "tuple", "vector", "ratio"]


class Unreadable(ValueError):
    """The text cannot be read as mathematics."""


class Beyond(Unreadable):
    """Mathematics that only sympy can compare: a sum over an index, an integral, a limit, a huge number."""


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number."""

    value: Fraction
    digits: int | None = None
    """Significant digits of a decimal that may be rounded, as in 0.333; null: written exactly."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A variable, a constant such as pi, or a name such as angle ABC."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation or a function on its arguments: `+ * / ^ neg root sin log binom` and so on."""

    name: str
    args: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Word:
    """Letters that are a whole item: a name, a word, or a product of variables."""

    text: str


@dataclass(frozen=True, slots=True)
class Based:
    """A number with its base as a subscript."""

    digits: str
    base: int


@dataclass(frozen=True, slots=True)
class Dots:
    """The dots of a sequence."""


@dataclass(frozen=True, slots=True)
class Several:
    """Several answers, or one answer with parts."""

    kind: Kind
    items: "tuple[Node, ...]"
    brackets: str = ""
    """Of a tuple: the opening and the closing one, which make (1, 2] an interval."""
    joiner: str = ","
    """Of a list: `or` and `and` if a word joins the items, `lor` and `land` if a sign does."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of equal length; one column is a vector."""

    rows: "tuple[tuple[Node, ...], ...]"


@dataclass(frozen=True, slots=True)
class Region:
    """Set operations on intervals: `union`, `intersection`, `minus`."""

    name: str
    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain such as 1 < x <= 2: one sign fewer than sides."""

    sides: "tuple[Node, ...]"
    signs: tuple[str, ...]
    """Of = != < <= > >= in =mod"""
    modulus: "Node | None" = None
    called: str | None = field(default=None, compare=False)
    """The left side where it is a name with its arguments in brackets, as in T(n); null: it is not."""


Node = Number | Symbol | Apply | Word | Based | Dots | Several | Matrix | Region | Relation
CONSTANTS = frozenset({"pi", "e", "i", "infinity", "reals"})
"""Names of symbols that are not variables."""
INFINITY = Symbol("infinity")
REALS = Symbol("reals")
EMPTY = Several("set", ())


def number(value: int | Fraction) -> Number:
    """An exact number."""
    return Number(Fraction(value))


def transposed(node: Matrix | Several) -> Node:
    """The transpose; of a row in brackets the column."""
    if isinstance(node, Several):
        return Matrix(tuple((item,) for item in node.items))
    return Matrix(tuple(zip(*node.rows, strict=True)))


def combined(node: Node) -> Node:
    """The tree with multiples and sums of matrices as one matrix."""
    if not isinstance(node, Apply):
        return node
    args = tuple(map(combined, node.args))
    matrices = [arg for arg in args if isinstance(arg, Matrix)]
    if node.name == "+" and len(matrices) == len(args) and len({_shape(one) for one in matrices}) == 1:
        rows = zip(*(one.rows for one in matrices), strict=True)
        return Matrix(tuple(tuple(Apply("+", cells) for cells in zip(*row, strict=True)) for row in rows))
    is_multiple = node.name in ("*", "neg") or (node.name == "/" and isinstance(args[0], Matrix))
    if len(matrices) != 1 or not is_multiple:
        return node
    cells = (
        tuple(Apply(node.name, tuple(cell if arg is matrices[0] else arg for arg in args)) for cell in row)
        for row in matrices[0].rows
    )
    return Matrix(tuple(cells))


def _shape(matrix: Matrix) -> tuple[int, int]:
    return len(matrix.rows), len(matrix.rows[0])


_MOST_ROWS = 5


def determinant(rows: "tuple[tuple[Node, ...], ...]") -> Node:
    """The determinant of a square matrix, expanded along its first row. Raises Unreadable for others."""
    if any(len(row) != len(rows) for row in rows) or len(rows) > _MOST_ROWS:
        raise Unreadable("a determinant of a matrix that is not square, or of more than five rows")
    if len(rows) == 1:
        return rows[0][0]
    terms: list[Node] = []
    for column, entry in enumerate(rows[0]):
        minor = tuple((*row[:column], *row[column + 1 :]) for row in rows[1:])
        term = Apply("*", (entry, determinant(minor)))
        terms.append(Apply("neg", (term,)) if column % 2 else term)
    return Apply("+", tuple(terms))


def product_of(word: Word) -> Node | None:
    """A word of a few letters as the product of variables that it may be; None for other words."""
    letters = word.text.replace(" ", "")
    if not letters.isalpha() or (len(letters) > 4 and len(letters) > len(word.text.split())):
        return None
    product: Node = Symbol(letters[0])
    for letter in letters[1:]:
        product = Apply("*", (product, Symbol(letter)))
    return product


def letters_in(node: Node) -> set[str]:
    """Names of all symbols in a tree, constants included; a word counts as its letters."""
    if isinstance(node, Symbol):
        return {node.name}
    if isinstance(node, Word):
        return set(node.text.replace(" ", ""))
    found: set[str] = set()
    for child in children(node):
        found |= letters_in(child)
    return found


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below one."""
    if isinstance(node, Apply):
        return node.args
    if isinstance(node, Several):
        return node.items
    if isinstance(node, Matrix):
        return tuple(item for row in node.rows for item in row)
    if isinstance(node, Region):
        return node.parts
    if isinstance(node, Relation):
        return (*node.sides, *(() if node.modulus is None else (node.modulus,)))
    return ()
