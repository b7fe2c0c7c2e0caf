"""The exact value of a tree as a fraction, if it has one."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from stat_engine.grading.answers.trees import Apply, Based, Beyond, Node, Number, Symbol, Unreadable

Point = Mapping[str, Fraction]
"""A value for each variable."""
MOST_FACTORIAL = 10_000
_MOST_BITS = 1 << 20
"""The largest whole number; larger ones are compared in a process with a time limit."""


class Undefined(Exception):
    """The tree has no value here: a division by zero, or the root of a negative number."""


def exact(node: Node, point: Point) -> Fraction | None:
    """The tree's value as a fraction; None if it is irrational or not computed here.

    Raises Undefined, Unreadable for anything but a number, and Beyond for a number that is too large."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Symbol):
        return point.get(node.name)
    if isinstance(node, Based):
        return value_of_digits(node)
    if not isinstance(node, Apply):
        raise Unreadable("no number")
    rule = _RULES.get(node.name)
    if rule is None:
        return None
    values = []
    for arg in node.args:
        value = exact(arg, point)
        if value is None:
            return None
        values.append(value)
    return rule(*values)


def value_of_digits(node: Based) -> Fraction:
    """The value of digits in a base, including those after the point."""
    whole, _, part = node.digits.partition(".")
    return Fraction(int((whole + part) or "0", node.base), node.base ** len(part))


def terminates(value: Fraction) -> bool:
    """Whether a fraction has a decimal that ends."""
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator == 1


def _divided(above: Fraction, below: Fraction) -> Fraction:
    if not below:
        raise Undefined
    return above / below


def _power(base: Fraction, exponent: Fraction) -> Fraction | None:
    if exponent.denominator != 1:
        return None
    n = exponent.numerator
    if not base and n <= 0:
        raise Undefined
    if (
        abs(n) * max(base.numerator.bit_length(), base.denominator.bit_length()) > _MOST_BITS
        and abs(base) != 1
    ):
        raise Beyond("a power of very many digits")
    return base**n


def _root(value: Fraction, degree: Fraction) -> Fraction | None:
    if degree.denominator != 1 or not 2 <= degree <= MOST_FACTORIAL or value < 0:
        return None
    above, below = (_whole_root(part, degree.numerator) for part in (value.numerator, value.denominator))
    return None if above is None or below is None else Fraction(above, below)


def _whole_root(value: int, degree: int) -> int | None:
    low, high = 0, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= value else (low, middle - 1)
    return low if low**degree == value else None


def _factorial(value: Fraction) -> Fraction | None:
    if value.denominator != 1 or value < 0:
        return None
    if value > MOST_FACTORIAL:
        raise Beyond("a factorial of very many digits")
    product = 1
    for n in range(2, value.numerator + 1):
        product *= n
    return Fraction(product)


def _binomial(n: Fraction, k: Fraction) -> Fraction | None:
    if n.denominator != 1 or k.denominator != 1 or n < 0:
        return None
    if not 0 <= k <= n:
        return Fraction(0)
    if min(k, n - k) > MOST_FACTORIAL:
        raise Beyond("a binomial of very many digits")
    found = 1
    for at in range(min(k.numerator, n.numerator - k.numerator)):
        found = found * (n.numerator - at) // (at + 1)
    return Fraction(found)


_RULES: dict[str, Callable[..., Fraction | None]] = {
    "+": lambda *terms: sum(terms, Fraction(0)),
    "mixed": lambda whole, part: whole + part,
    "neg": lambda value: -value,
    "*": lambda one, other: one * other,
    "/": _divided,
    "^": _power,
    "root": _root,
    "!": _factorial,
    "binom": _binomial,
    "abs": abs,
    "floor": lambda value: Fraction(value.__floor__()),
    "ceil": lambda value: Fraction(value.__ceil__()),
    "percent": lambda value: value / 100,
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
}
