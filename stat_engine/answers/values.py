"""What a tree is worth: exactly as a fraction where it is one, else to as many digits as telling two apart needs.

Two values are the same where they agree relative to the largest number that came up on the way to them.
The precision grows with the sizes that come up, so that 1/2^80 is not 1/2^81 and 10^40 + pi is not 10^40."""

import hashlib
import threading
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from mpmath import MPContext, libmp

from stat_engine.answers.trees import Apply, Based, Beyond, Node, Number, Symbol, Unreadable, children

Point = Mapping[str, Fraction]
"""A value for each variable."""
_MOST_BITS = 1 << 20
"""Of an exact whole number; larger ones are left to the process that can be stopped."""
_MOST_DIGITS = 4_000
"""Of a value that is no fraction."""
_FIRST_DIGITS = 60
_MARGIN = 25
"""Digits that two values may differ in behind their agreement: rounding of some hundred operations."""
_LARGEST = 1_000_000
"""Arguments of exp, of the circular functions and the like; a tower of powers is beyond it."""
_MOST_FACTORIAL = 10_000
_contexts = threading.local()


class Undefined(Exception):
    """The tree has no value here: a division by zero, or the root of a negative number."""


def exact(node: Node, point: Point) -> Fraction | None:
    """The tree's value as a fraction; None where it is none, or where that is not told by arithmetic alone.

    Raises Undefined, Unreadable for what is no number, and Beyond for a number that is too large."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Symbol):
        return point.get(node.name)
    if isinstance(node, Based):
        return based(node)
    if not isinstance(node, Apply):
        raise Unreadable("no number")
    rule = _EXACT.get(node.name)
    if rule is None:
        return None
    values = []
    for arg in node.args:
        value = exact(arg, point)
        if value is None:
            return None
        values.append(value)
    return rule(*values)


def based(node: Based) -> Fraction:
    """The value of digits in a base, those behind a point included."""
    whole, _, part = node.digits.partition(".")
    return Fraction(int((whole + part) or "0", node.base), node.base ** len(part))


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
    if abs(n) * max(base.numerator.bit_length(), base.denominator.bit_length()) > _MOST_BITS and abs(base) != 1:
        raise Beyond("a power of very many digits")
    return base**n


def _root(value: Fraction, degree: Fraction) -> Fraction | None:
    if degree.denominator != 1 or degree < 2 or value < 0 or degree > _MOST_FACTORIAL:
        return None
    above, below = (_whole_root(part, int(degree)) for part in (value.numerator, value.denominator))
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
    product = 1
    for n in range(2, _countable(value) + 1):
        product *= n
    return Fraction(product)


def _binomial(n: Fraction, k: Fraction) -> Fraction | None:
    if n.denominator != 1 or k.denominator != 1 or n < 0:
        return None
    if not 0 <= k <= n:
        return Fraction(0)
    found = 1
    for at in range(min(_countable(k), _countable(n - k, None))):
        found = found * (n.numerator - at) // (at + 1)
    return Fraction(found)


def _countable(value: Fraction, most: int | None = _MOST_FACTORIAL) -> int:
    if most is not None and value > most:
        raise Beyond("a factorial of very many digits")
    return value.numerator


_EXACT: dict[str, Callable[..., Fraction | None]] = {
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


class Numeric:
    """Values of trees at one point, to a number of digits, and the sizes that came up on the way."""

    def __init__(self, digits: int, point: Point, is_real: bool) -> None:
        self.context = _context()
        self.context.dps = digits
        self.large, self.tiny = 1.0, 1.0
        """Decimal exponents, without their signs, of the largest and the smallest number that came up."""
        self._point = point
        self._is_real = is_real

    def value(self, node: Node) -> Any:
        """A number of mpmath. Raises Undefined, Unreadable and Beyond."""
        try:
            found = self._value(node)
        except (ZeroDivisionError, ValueError, OverflowError, libmp.NoConvergence) as error:
            if isinstance(error, Unreadable):
                raise
            raise Undefined from None
        if self.context.isnan(found) or self.context.isinf(found):
            raise Undefined
        if self._is_real and isinstance(found, self.context.mpc):
            if found.imag != 0:
                raise Undefined
            found = found.real
        self._note(found)
        return found

    def _note(self, found: Any) -> None:
        size = self.context.mag(found) * 0.30103 if found else 0.0  # of the bits before the point
        self.large, self.tiny = max(self.large, size), max(self.tiny, -size)

    def _value(self, node: Node) -> Any:
        mp = self.context
        if isinstance(node, Number):
            return mp.mpf(node.value.numerator) / node.value.denominator
        if isinstance(node, Symbol):
            return self._symbol(node.name)
        if isinstance(node, Based):
            return mp.mpf(based(node).numerator) / based(node).denominator
        if not isinstance(node, Apply):
            raise Unreadable("no number")
        if node.name.startswith("call "):
            return self._unknown(node)
        values = [self.value(arg) for arg in node.args]
        if node.name in _CAUTIOUS and any(abs(value) > _LARGEST for value in values):
            raise Beyond("an argument of very many digits")
        if node.name in _SIMPLE:
            return getattr(mp, _SIMPLE[node.name])(values[0])
        rule = _NUMERIC.get(node.name)
        if rule is None:
            raise Unreadable(f"function {node.name}")
        return rule(mp, *values)

    def _symbol(self, name: str) -> Any:
        mp = self.context
        if name in self._point:
            value = self._point[name]
            return mp.mpf(value.numerator) / value.denominator
        if name == "i":
            return mp.mpc(0, 1)
        if name in ("pi", "e"):
            return +(mp.pi if name == "pi" else mp.e)
        raise Unreadable(f"{name} is no number")

    def _unknown(self, node: Apply) -> Any:
        """A made-up value for f(x), the same wherever x is the same."""
        args = [self.context.nstr(self.value(arg), 20) for arg in node.args]
        digest = hashlib.sha256(repr((node.name, args)).encode()).digest()
        return self.context.mpf(int.from_bytes(digest[:6], "big")) / 2**46


_CAUTIOUS = {
    "^", "!", "binom", "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh",
}  # fmt: skip
_SIMPLE = {
    **{name: name for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh")},
    **{name: name for name in ("asin", "acos", "atan", "floor", "ceil", "re", "im")},
    "abs": "fabs",
}


def _numeric_root(mp: Any, value: Any, degree: Any) -> Any:
    if not degree:
        raise Undefined
    n = int(degree) if degree == int(degree) else 0
    if not isinstance(value, mp.mpc) and value < 0 and n % 2:
        return -((-value) ** (mp.mpf(1) / degree))
    return mp.sqrt(value) if n == 2 else value ** (mp.mpf(1) / degree)


def _numeric_factorial(mp: Any, value: Any) -> Any:
    if abs(value) > _MOST_FACTORIAL:
        raise Beyond("a factorial of very many digits")
    return mp.factorial(value)


def _numeric_binomial(mp: Any, n: Any, k: Any) -> Any:
    if abs(n) > _MOST_FACTORIAL:
        raise Beyond("a binomial of very many digits")
    return mp.binomial(n, k)


def _numeric_power(mp: Any, base: Any, exponent: Any) -> Any:
    if not base and mp.re(exponent) <= 0:
        raise Undefined
    return base**exponent


_NUMERIC: dict[str, Callable[..., Any]] = {
    "+": lambda mp, *terms: mp.fsum(terms),
    "mixed": lambda mp, whole, part: whole + part,
    "neg": lambda mp, value: -value,
    "*": lambda mp, one, other: one * other,
    "/": lambda mp, above, below: above / below,
    "^": _numeric_power,
    "root": _numeric_root,
    "!": _numeric_factorial,
    "binom": _numeric_binomial,
    "log": lambda mp, value, base: mp.log(value) / mp.log(base),
    "percent": lambda mp, value: value / 100,
    "degree": lambda mp, value: value * mp.pi / 180,
    "max": lambda mp, *values: max(values),
    "min": lambda mp, *values: min(values),
}


def _context() -> Any:
    """mpmath's settings belong to one context, and this one to one thread."""
    if not hasattr(_contexts, "mp"):
        _contexts.mp = MPContext()
    return _contexts.mp


def same_numbers(one: Node, other: Node, point: Point, is_real: bool) -> bool:
    """Whether two trees have the same value at a point. Raises Undefined, Unreadable and Beyond.

    The digits are doubled until twice the sizes that came up fit in. A value that shrinks as the digits grow
    is the rounding error of a zero and no size."""
    ours, theirs = exact(one, point), exact(other, point)
    if ours is not None and theirs is not None:
        return ours == theirs
    digits, before, tiny_before = _FIRST_DIGITS, 0, 0.0
    while True:
        numeric = Numeric(digits, point, is_real)
        first, second = numeric.value(one), numeric.value(other)
        is_error = before and numeric.tiny - tiny_before > (digits - before) / 2
        needed = 2 * int(max(numeric.large, 0 if is_error else numeric.tiny)) + 2 * _MARGIN
        if needed <= digits:
            tolerance = numeric.context.mpf(10) ** (int(numeric.large) + _MARGIN - digits)
            return bool(abs(first - second) <= tolerance)
        before, tiny_before, digits = digits, numeric.tiny, needed
        if digits > _MOST_DIGITS:
            raise Beyond("a number of very many digits")


def magnitude(node: Node, point: Point | None = None) -> Any:
    """The value as a real number of mpmath, at a point. Raises Undefined, Unreadable and Beyond."""
    return Numeric(_FIRST_DIGITS, point or {}, True).value(node)


def has_steps(node: Node) -> bool:
    """Whether a tree holds a function that is constant, or another formula, over a stretch."""
    return (isinstance(node, Apply) and node.name in ("floor", "ceil", "abs", "max", "min")) or any(
        map(has_steps, children(node))
    )


_SCALES = (1, 5, 60, -3, 1_000, 7, -40, 20)


@cache
def sample(name: str, turn: int) -> Fraction:
    """A value for a variable that no answer aims at, the same in every run: small and large, of either sign."""
    digest = hashlib.sha256(f"{name} {turn}".encode()).digest()
    size = Fraction(int.from_bytes(digest[:3], "big") + 1, 16_777_259) * _SCALES[turn % len(_SCALES)]
    return -size if turn >= len(_SCALES) and digest[3] % 2 else size


@cache
def whole_sample(name: str, turn: int) -> Fraction:
    """As `sample`, a whole number from 1 to 24, odd and even in turn: for powers that only those have."""
    digest = hashlib.sha256(f"{name} {turn}".encode()).digest()
    return Fraction(2 * (digest[0] % 12) + 1 + (turn + digest[1]) % 2)
