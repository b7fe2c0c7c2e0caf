"""Whether two numbers or formulas are equal: exactly, at points where both have a value, or by sympy."""

import json
import logging
import math
import re
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from stat_engine.grading.answers.tidying import tidy
from stat_engine.grading.answers.trees import (
    CONSTANTS,
    INFINITY,
    Apply,
    Beyond,
    Node,
    Number,
    Symbol,
    children,
    letters_in,
    number,
)
from stat_engine.grading.answers.values import (
    Point,
    Undefined,
    exact,
    has_steps,
    real_value,
    same_numbers,
    sample,
    terminates,
    whole_sample,
)

logging.getLogger("math_verify").setLevel(logging.ERROR)  # it warns that its own time limit is off
_MAX_MEMORY = 4 * 2**30
"""Bytes that a comparing process may hold, sympy's own half gigabyte included."""
_WORDS = re.compile(r"\\text\s*\{[^{}]*\}|\\[A-Za-z]+|\\.")
_LITERAL = re.compile(r"\d+(?:\.\d+)?|\.\d+|[A-Za-z]")
_DIFFERENTIAL = re.compile(r"d(?=[A-Za-z])")
_SHORT_FRACTION = re.compile(r"(frac\s*\d)\s*(\d)")
_CONSTANTS = {"e": "E", "i": "I"}


def serve(limit_s: float) -> None:
    """Answer pairs of answers, JSON lines on standard input, with `true`, `false` or `null` a line.

    A comparison beyond the limit ends the process, also inside code that no Python signal handler
    interrupts; one beyond the memory is `null`. A first line says that sympy is loaded."""
    import math_verify  # noqa: F401 (before the limits hold)

    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
    answers = sys.stdout
    sys.stdout = sys.stderr
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        ours, theirs = json.loads(line)
        signal.setitimer(signal.ITIMER_REAL, limit_s)
        try:
            found: bool | None = same_formulas(ours, theirs)
        except MemoryError:
            found = None
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps(found), file=answers, flush=True)


def same_formulas(ours: str, theirs: str) -> bool:
    """Whether both answers are read completely and sympy finds them equal. Without a time limit."""
    first, second = _formula(ours), _formula(theirs)
    if first is None or second is None:
        return False
    try:
        return bool(first == second or (first - second).doit().equals(0))
    except (AttributeError, TypeError, ValueError, NotImplementedError):
        return False


def _formula(text: str) -> Any:
    """The answer as a sympy expression with exact numbers; None if the parser dropped a token."""
    import math_verify  # sympy behind it takes a second to load
    from sympy import Expr, Float, Rational

    plain = tidy(text)
    read = [
        part for part in math_verify.parse(f"${plain}$", parsing_timeout=None) if not isinstance(part, str)
    ]
    if len(read) != 1 or not isinstance(read[0], Expr) or not _is_all(plain, read[0]):
        return None
    return read[0].xreplace({number: Rational(str(number)) for number in read[0].atoms(Float)})


def _is_all(text: str, formula: Any) -> bool:
    """Whether each letter and each number of a text is in the formula that was read from it."""
    text = _WORDS.sub(" ", _SHORT_FRACTION.sub(r"\1 \2 ", text))
    written = set(_LITERAL.findall(_DIFFERENTIAL.sub("", text)))
    atoms = {str(atom) for atom in formula.atoms()}
    numbers = set(_numbers(formula))
    for literal in written:
        if literal.isalpha():
            if literal not in atoms and _CONSTANTS.get(literal) not in atoms:
                return False
        elif Fraction(literal if literal[0] != "." else f"0{literal}") not in numbers:
            return False
    return True


def _numbers(formula: Any) -> Iterator[Fraction]:
    """The numbers in a formula without signs, with numerators and denominators of fractions."""
    from sympy import Float, Rational

    yield from (Fraction(0), Fraction(1))
    for atom in formula.atoms(Rational, Float):
        value = Fraction(str(atom)) if isinstance(atom, Float) else Fraction(atom.p, atom.q)
        yield from (abs(value), Fraction(abs(value.numerator)), Fraction(value.denominator))


TURNS = 16
"""The largest number of points at which two formulas are compared."""
_ENOUGH = 4
_NEARLY_ZERO = 1e-40
FLOAT_DIGITS = 12
"""A decimal of this many digits may be a rounded value: 0.0833333333333333 is 1/12, 0.0833 is not."""
_EXACT_FLOAT_DIGITS, _MOST_FLOAT_DIGITS = 15, 17
"""A decimal of this many digits may be a float, whose last digits are off."""


def same_values(ours: Node, theirs: Node) -> bool | None:
    """Whether two formulas or numbers are equal; None if too few points have a value.

    Raises Unreadable for anything but a number, and Beyond if only sympy can decide."""
    if ours == theirs:
        return True
    letters = letters_in(ours) | letters_in(theirs)
    if INFINITY.name in letters:
        return _signed_infinity(ours) is not None and _signed_infinity(ours) == _signed_infinity(theirs)
    for name, rule in (("percent", _same_shares), ("degree", _same_angles), ("continued", _continues)):
        inner, others = inside(ours, name), inside(theirs, name)
        if inner is not None and others is not None:
            return same_values(inner, others) and name != "continued"
        if inner is not None:
            return rule(inner, theirs)
        if others is not None:
            return rule(others, ours)
    variables = sorted(letters - CONSTANTS)
    if not variables:
        return _same_constants(ours, theirs)
    found = _agree(ours, theirs, variables, "i" not in letters, sample)
    if found is None or (found and (has_steps(ours) or has_steps(theirs))):
        return _agree(ours, theirs, variables, "i" not in letters, whole_sample)
    return found


def inside(node: Node, name: str) -> Node | None:
    """The operand of a percent or degree sign, with its minus sign and factors."""
    if not isinstance(node, Apply):
        return None
    if node.name == name:
        return node if name == "continued" else node.args[0]
    if node.name in ("neg", "*"):
        inner = inside(node.args[-1], name)
        return None if inner is None else Apply(node.name, (*node.args[:-1], inner))
    return None


def difference(left: Node, right: Node) -> Node:
    """The first formula less the second."""
    return Apply("+", (left, Apply("neg", (right,))))


def _agree(
    ours: Node, theirs: Node, variables: Sequence[str], is_real: bool, values: Callable[[str, int], Fraction]
) -> bool | None:
    """Whether two formulas agree at some points; None if too few of them have a value."""
    agreed: list[Point] = []
    is_partial = is_real and _has_bars(ours) != _has_bars(theirs)  # ln|x| has values where ln x has none
    enough = TURNS if has_steps(ours) or has_steps(theirs) else _ENOUGH
    for turn in range(TURNS):
        point = {name: values(name, turn) for name in variables}
        try:
            if not same_numbers(ours, theirs, point, is_real):
                return False
        except (Undefined, Beyond):
            if is_partial and _has_value(ours, point) != _has_value(theirs, point):
                return False
            continue
        if point not in agreed:
            agreed.append(point)
        if len(agreed) == enough:
            return True
    # at a zero a formula agrees with its root too
    return True if sum(not _is_zero(ours, point) for point in agreed) > 1 else None


def _is_zero(node: Node, point: Point) -> bool:
    try:
        return bool(abs(real_value(node, point)) < _NEARLY_ZERO)
    except (Undefined, Beyond):
        return False


def _has_bars(node: Node) -> bool:
    return (isinstance(node, Apply) and node.name == "abs") or any(map(_has_bars, children(node)))


def _has_value(node: Node, point: Point) -> bool:
    try:
        real_value(node, point)
    except (Undefined, Beyond):
        return False
    return True


def _same_constants(ours: Node, theirs: Node) -> bool:
    try:
        if same_numbers(ours, theirs, {}, False):
            return True
        return _is_rounded(ours, theirs) or _is_rounded(theirs, ours)
    except Undefined:
        return False


def _is_rounded(decimal: Node, other: Node) -> bool:
    """Whether a decimal of many digits is the other value, rounded to its digits or to a float.

    A value that a short decimal writes exactly is not rounded: 0.9999999999999999 is not 1."""
    if not isinstance(decimal, Number) or not FLOAT_DIGITS <= (decimal.digits or 0) <= _MOST_FLOAT_DIGITS:
        return False
    value = exact(other, {})
    if not decimal.value or (value is not None and terminates(value)):
        return False
    digits = decimal.digits or 0
    last = 10.0 ** (math.floor(math.log10(abs(decimal.value))) - digits + 1)
    error = abs(float(decimal.value)) * 2.0**-52 if digits >= _EXACT_FLOAT_DIGITS else 0.0
    return bool(abs(real_value(difference(decimal, other))) <= max(last / 2, error))


def _same_shares(percent: Node, other: Node) -> bool | None:
    """25% equals 25 and 0.25; 1% equals 0.01 only, as 1 is the whole."""
    if same_values(Apply("/", (percent, number(100))), other):
        return True
    return False if same_values(other, number(1)) else same_values(percent, other)


_MOST_PERIOD = 40


def _continues(decimal: Node, other: Node) -> bool:
    """Whether a decimal with dots after it is the start of the other value: 0.142857... is 1/7.

    A repeating decimal must show its period, and at least three places; another value 12 digits."""
    sign = 1
    while isinstance(decimal, Apply) and decimal.name == "neg":
        sign, decimal = -sign, decimal.args[0]
    if not isinstance(decimal, Apply) or decimal.name != "continued":
        return False
    known, places = (exact(arg, {}) for arg in decimal.args)
    digits = decimal.args[0].digits if isinstance(decimal.args[0], Number) else 0
    value = exact(other, {}) if not letters_in(other) - CONSTANTS else None
    if known is None or places is None:
        return False
    shift = Fraction(10) ** int(places)
    if value is None:
        return (digits or 0) >= FLOAT_DIGITS and _is_near(other, sign * known, 1 / shift)
    is_start = (value * sign * shift).__floor__() == known * shift
    return is_start and places > 2 and not terminates(value) and places >= _length_of_period(value)


def _is_near(other: Node, value: Fraction, distance: Fraction) -> bool:
    try:
        return bool(abs(real_value(difference(other, number(value)))) <= distance)
    except (Undefined, Beyond):
        return False


def _length_of_period(value: Fraction) -> int:
    """The places of a repeating decimal up to the end of its first period."""
    rest, seen = value.numerator % value.denominator, dict[int, int]()
    for place in range(_MOST_PERIOD):
        if rest in seen:
            return place
        seen[rest] = place
        rest = rest * 10 % value.denominator
    return _MOST_PERIOD


def _same_angles(degrees: Node, other: Node) -> bool | None:
    """45 degrees equals 45 and pi/4."""
    return same_values(degrees, other) or same_values(
        Apply("/", (Apply("*", (degrees, Symbol("pi"))), number(180))), other
    )


def _signed_infinity(node: Node) -> int | None:
    if node == INFINITY:
        return 1
    return -1 if isinstance(node, Apply) and node.name == "neg" and node.args[0] == INFINITY else None
