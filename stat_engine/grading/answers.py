"""Final answers: find the one a response ends in, and say whether two are equal.

The one door to math-verify. It is loaded only for answers that are not plain numbers, because
loading sympy takes longer than grading a thousand numeracy responses. `serve` does so in a process of its
own, which a comparison that does not end can be stopped with (`graders/comparing.py`)."""

import json
import re
import resource
import signal
import sys
from fractions import Fraction

_ANSWER_LINE = re.compile(r"(?:final answer|answer)\s*(?:is|:|=)+\s*(.+)", re.IGNORECASE)
_HASHES = re.compile(r"####\s*(.+)")
_SPOKEN = re.compile(r"^\s*A:\s*(.+)$", re.MULTILINE)
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:/\d+)?")
_WHOLE_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:/\d+)?")
"""Commas between thousands only: 1,250 is a number, 1,2 is two."""
_MAX_CHARACTERS = 500
_MAX_MEMORY = 4 * 2**30
"""Bytes that a comparing process may hold, sympy's own half gigabyte included."""


def extract(response: str) -> str | None:
    """A response's final answer: last \\boxed{}, else `####`, else an answer line, else its last number."""
    boxed = last_boxed(response)
    if boxed is not None:
        return boxed
    for pattern in (_HASHES, _ANSWER_LINE, _SPOKEN):
        found = pattern.findall(response)
        if found:
            return _trim(str(found[-1]))
    numbers = _NUMBER.findall(response)
    return numbers[-1] if numbers else None


def last_boxed(text: str) -> str | None:
    """Content of the last \\boxed{...} with balanced braces; None where there is none."""
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    depth, begin = 0, start + len("\\boxed{")
    for at in range(begin, len(text)):
        if text[at] == "{":
            depth += 1
        elif text[at] == "}":
            if depth == 0:
                return text[begin:at].strip()
            depth -= 1
    return None


def equal(answer: str | None, reference: str | None) -> bool:
    """Whether two final answers mean the same: 1/2 and 0.5 do. None equals nothing.

    In a process's main thread only, as math-verify's time limit works by a signal."""
    found = plainly_equal(answer, reference)
    return _verified(str(answer), str(reference)) if found is None else found


def plainly_equal(answer: str | None, reference: str | None) -> bool | None:
    """As `equal`, without math-verify; None where only that can tell."""
    if answer is None or reference is None:
        return False
    ours, theirs = _trim(answer), _trim(reference)
    if ours == theirs:
        return True
    if max(len(ours), len(theirs)) > _MAX_CHARACTERS:
        return False
    left, right = _number(ours), _number(theirs)
    if left is not None and right is not None:
        return left == right
    return None


def canonical(answer: str | None) -> str | None:
    """One text for answers that are the same number, so that 1/2 and 0.5 count as one; others trimmed."""
    if answer is None:
        return None
    trimmed = _trim(answer)
    number = _number(trimmed)
    return trimmed if number is None else str(number)


def _trim(text: str) -> str:
    return text.strip().strip("$").strip().removesuffix(".").strip()


def _number(text: str) -> Fraction | None:
    if not _WHOLE_NUMBER.fullmatch(text):  # Fraction itself would read 1e999999999, and never end
        return None
    try:
        return Fraction(text.replace(",", ""))
    except (ValueError, ZeroDivisionError):
        return None


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
            found: bool | None = _verified(ours, theirs, None)
        except MemoryError:
            found = None
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps(found), file=answers, flush=True)


def _verified(ours: str, theirs: str, limit_s: int | None = 5) -> bool:
    import math_verify  # sympy behind it takes a second to load

    gold, given = (math_verify.parse(f"${_trim(text)}$", parsing_timeout=limit_s) for text in (theirs, ours))
    return bool(math_verify.verify(gold, given, timeout_seconds=limit_s))
