"""The value of a tree: exactly as a fraction where it has one, else to as many digits as needed.

Two values are the same if they agree relative to the largest intermediate result. The precision grows with
the sizes of the intermediate results, so that 1/2^80 is not 1/2^81 and 10^40 + pi is not 10^40.
"""

import hashlib
import math
import threading
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from mpmath import MPContext, libmp

from stat_engine.grading.answers.trees import Apply, Based, Beyond, Node, Number, Symbol, Unreadable, children

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
    rule = _EXACT_RULES.get(node.name)
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


def _exact_power(base: Fraction, exponent: Fraction) -> Fraction | None:
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


def _exact_root(value: Fraction, degree: Fraction) -> Fraction | None:
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


def _whole(function: Callable[..., int], values: tuple[Fraction, ...]) -> Fraction:
    """A function of whole numbers. Raises Undefined for others."""
    if any(value.denominator != 1 for value in values):
        raise Undefined
    return Fraction(function(*(value.numerator for value in values)))


_EXACT_RULES: dict[str, Callable[..., Fraction | None]] = {
    "+": lambda *terms: sum(terms, Fraction(0)),
    "mixed": lambda whole, part: whole + part,
    "neg": lambda value: -value,
    "*": lambda one, other: one * other,
    "/": _divided,
    "^": _exact_power,
    "root": _exact_root,
    "!": _factorial,
    "binom": _binomial,
    "abs": abs,
    "floor": lambda value: Fraction(value.__floor__()),
    "ceil": lambda value: Fraction(value.__ceil__()),
    "percent": lambda value: value / 100,
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
    "gcd": lambda *values: _whole(math.gcd, values),
    "lcm": lambda *values: _whole(math.lcm, values),
}


_FIRST_DIGITS, _MOST_DIGITS = 60, 4_000
_MARGIN = 25
"""Digits allowed for rounding errors of some hundred operations."""
_LARGEST = 1_000_000
"""The largest argument of a power or a trigonometric function."""
_SCALES = (1, 5, 60, -3, 1_000, 7, -40, 20)
_threads = threading.local()


class Numeric:
    """Values of trees at one point, to a number of digits, and the sizes of the intermediate results."""

    def __init__(self, digits: int, point: Point, is_real: bool) -> None:
        self.context = _context()
        self.context.dps = digits
        self.large, self.tiny = 1.0, 1.0
        """Decimal exponents, without their signs, of the largest and the smallest intermediate result."""
        self._point = point
        self._is_real = is_real

    def value(self, node: Node) -> Any:
        """A number of mpmath. Raises Undefined, Unreadable and Beyond."""
        try:
            found = self._value(node)
        except Unreadable:
            raise
        except (ZeroDivisionError, ValueError, OverflowError, TypeError, libmp.NoConvergence):
            raise Undefined from None  # a TypeError: a complex number where only a real one has a value
        if self.context.isnan(found) or self.context.isinf(found):
            raise Undefined
        if self._is_real and isinstance(found, self.context.mpc):
            if found.imag != 0:
                raise Undefined
            found = found.real
        size = self.context.mag(found) * 0.30103 if found else 0.0  # of the bits before the point
        self.large, self.tiny = max(self.large, size), max(self.tiny, -size)
        return found

    def _value(self, node: Node) -> Any:
        mp = self.context
        if isinstance(node, Number | Based):
            value = node.value if isinstance(node, Number) else value_of_digits(node)
            return mp.mpf(value.numerator) / value.denominator
        if isinstance(node, Symbol):
            return self._symbol(node.name)
        if not isinstance(node, Apply):
            raise Unreadable("no number")
        if node.name.startswith("call "):
            return self._unknown(node)
        values = [self.value(arg) for arg in node.args]
        if node.name in _CAUTIOUS and any(abs(value) > _LARGEST for value in values):
            raise Beyond("an argument of very many digits")
        if node.name in _METHODS:
            return getattr(mp, _METHODS[node.name])(values[0])
        rule = _RULES.get(node.name)
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
        """A pseudo-random value for f(x), the same for the same x."""
        args = [self.context.nstr(self.value(arg), 20) for arg in node.args]
        digest = hashlib.sha256(repr((node.name, args)).encode()).digest()
        return self.context.mpf(int.from_bytes(digest[:6], "big")) / 2**46


def _root(mp: Any, value: Any, degree: Any) -> Any:
    if not degree:
        raise Undefined
    n = int(degree) if degree == int(degree) else 0
    if not isinstance(value, mp.mpc) and value < 0 and n % 2:
        return -((-value) ** (mp.mpf(1) / degree))
    return mp.sqrt(value) if n == 2 else value ** (mp.mpf(1) / degree)


def _power(mp: Any, base: Any, exponent: Any) -> Any:
    if not base and mp.re(exponent) <= 0:
        raise Undefined
    return base**exponent


def _counted(function: str) -> Callable[..., Any]:
    def value(mp: Any, n: Any, *others: Any) -> Any:
        if abs(n) > MOST_FACTORIAL:
            raise Beyond("a factorial of very many digits")
        return getattr(mp, function)(n, *others)

    return value


_CIRCULAR = ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh")
_CAUTIOUS = {"^", *_CIRCULAR}
_METHODS = {
    **{name: name for name in (*_CIRCULAR, "asin", "acos", "atan", "floor", "ceil", "re", "im")},
    "abs": "fabs",
}
"""Function -> mpmath's name of it."""
_RULES: dict[str, Callable[..., Any]] = {
    "+": lambda mp, *terms: mp.fsum(terms),
    "mixed": lambda mp, whole, part: whole + part,
    "neg": lambda mp, value: -value,
    "*": lambda mp, one, other: one * other,
    "/": lambda mp, above, below: above / below,
    "^": _power,
    "root": _root,
    "!": _counted("factorial"),
    "binom": _counted("binomial"),
    "log": lambda mp, value, base: mp.log(value) / mp.log(base),
    "percent": lambda mp, value: value / 100,
    "degree": lambda mp, value: value * mp.pi / 180,
    "max": lambda mp, *values: max(values),
    "min": lambda mp, *values: min(values),
    "gcd": lambda mp, *values: mp.mpf(
        _whole(math.gcd, tuple(Fraction(str(value)) for value in values)).numerator
    ),
    "lcm": lambda mp, *values: mp.mpf(
        _whole(math.lcm, tuple(Fraction(str(value)) for value in values)).numerator
    ),
}


def _context() -> Any:
    """A context of mpmath for this thread, as the precision is a setting of the context."""
    if not hasattr(_threads, "mp"):
        _threads.mp = MPContext()
    return _threads.mp


def same_numbers(one: Node, other: Node, point: Point, is_real: bool) -> bool:
    """Whether two trees have the same value at a point. Raises Undefined, Unreadable and Beyond.

    The digits grow until they exceed twice the sizes of the intermediate results. A value that shrinks as the
    digits grow is the rounding error of a zero and is ignored."""
    ours, theirs = exact(one, point), exact(other, point)
    if ours is not None and theirs is not None:
        return ours == theirs
    digits, before, tiny_before = _FIRST_DIGITS, 0, 0.0
    while digits <= _MOST_DIGITS:
        numeric = Numeric(digits, point, is_real)
        first, second = numeric.value(one), numeric.value(other)
        is_error = before and numeric.tiny - tiny_before > (digits - before) / 2
        needed = 2 * int(max(numeric.large, 0 if is_error else numeric.tiny)) + 2 * _MARGIN
        if needed <= digits:
            tolerance = numeric.context.mpf(10) ** (int(numeric.large) + _MARGIN - digits)
            return bool(abs(first - second) <= tolerance)
        before, tiny_before, digits = digits, numeric.tiny, needed
    raise Beyond("a number of very many digits")


def real_value(node: Node, point: Point | None = None) -> Any:
    """The value as a real number of mpmath, at a point. Raises Undefined, Unreadable and Beyond."""
    return Numeric(_FIRST_DIGITS, point or {}, True).value(node)


def has_steps(node: Node) -> bool:
    """Whether a tree has a function that is piecewise: floor, ceil, abs, max or min."""
    if isinstance(node, Apply) and node.name in ("floor", "ceil", "abs", "max", "min"):
        return True
    return any(map(has_steps, children(node)))


@cache
def sample(name: str, turn: int) -> Fraction:
    """A pseudo-random value for a variable, of varying size and sign; the same in every run."""
    digest = hashlib.sha256(f"{name} {turn}".encode()).digest()
    size = Fraction(int.from_bytes(digest[:3], "big") + 1, 16_777_259) * _SCALES[turn % len(_SCALES)]
    return -size if turn >= len(_SCALES) and digest[3] % 2 else size


@cache
def whole_sample(name: str, turn: int) -> Fraction:
    """As `sample`, but whole numbers from 1 to 24, odd and even: (-1)^n has real values only there."""
    digest = hashlib.sha256(f"{name} {turn}".encode()).digest()
    return Fraction(2 * (digest[0] % 12) + 1 + (turn + digest[1]) % 2)
