"""Final answers: find the answer in a text, and compare two answers.

`thoughts` says which part of a text may hold it, and `reading` finds it there; `tidying`, `notation`,
`units` and `parsing` say what it means; `equality` compares two, with exact arithmetic; `scalars` asks sympy
if nothing else decides."""

from stat_engine.grading.answers.answer import MOST_CHARACTERS, plain_number, read
from stat_engine.grading.answers.cleaning import clean
from stat_engine.grading.answers.equality import Verdict, compare
from stat_engine.grading.answers.reading import extract, last_boxed, reference, tagged
from stat_engine.grading.answers.scalars import same_formulas, serve
from stat_engine.grading.answers.thoughts import (
    after_thinking,
    answering_part,
    finished_part,
    without_thought,
)
from stat_engine.grading.answers.trees import letters_in
from stat_engine.grading.answers.values import Undefined, exact

__all__ = [
    "Verdict",
    "after_thinking",
    "answering_part",
    "canonical",
    "clean",
    "compare",
    "equal",
    "extract",
    "finished_part",
    "last_boxed",
    "plainly_equal",
    "reference",
    "serve",
    "tagged",
    "without_thought",
]  # fmt: skip


def equal(answer: str | None, reference: str | None) -> bool:
    """Whether two final answers are equal, as 1/2 and 0.5 are. None equals nothing. Without a time limit."""
    found = compare(answer, reference).is_correct
    return same_formulas(str(answer), str(reference)) if found is None else found


def plainly_equal(answer: str | None, reference: str | None) -> bool | None:
    """As `equal`, without sympy; None if only sympy can decide."""
    return compare(answer, reference).is_correct


def canonical(answer: str | None) -> str | None:
    """One text for answers that are the same number, as 1/2 and 0.5; other answers are normalised."""
    if answer is None:
        return None
    number = plain_number(answer)
    if number is not None or len(answer) > MOST_CHARACTERS:
        return answer.strip() if number is None else str(number)
    found = read(answer)
    if found.node is None or letters_in(found.node):
        return found.text
    try:
        return str(exact(found.node, {}) or found.text)
    except (Undefined, ValueError):  # no number, or one of too many digits to write
        return found.text
