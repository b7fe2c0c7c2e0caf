"""Comparisons that need sympy: sums over an index, integrals, limits, very large numbers.

The only file that imports math-verify, whose parser turns LaTeX into formulas of sympy. The parser drops what
it does not know, so a formula is used only if each letter and number of the text is in it. The comparison
is sympy's and exact, because math-verify rounds to six decimal places. `serve` runs in a process of its own,
which is ended if a comparison takes too long (`graders/comparing.py`)."""

import json
import logging
import re
import resource
import signal
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from stat_engine.grading.answers.tidying import tidy

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
