"""Final answers: find the answer in a text, and compare two answers.

`thoughts` says which part of a text may hold it, and `reading` finds it there; `tidying`, `notation`,
`units` and `parsing` say what it means; `equality` compares two, with exact arithmetic; `scalars` asks sympy
if nothing else decides."""

from stat_engine.grading.answers.cleaning import clean
from stat_engine.grading.answers.equality import Verdict, compare
from stat_engine.grading.answers.reading import extract, last_boxed, reference, tagged
from stat_engine.grading.answers.scalars import same_formulas, serve
from stat_engine.grading.answers.thoughts import (
    after_thinking,
    answering_part,
    finished_part,
    stretches,
    without_thought,
)

__all__ = [
    "Verdict",
    "after_thinking",
    "answering_part",
    "clean",
    "compare",
    "equal",
    "extract",
    "finished_part",
    "last_boxed",
    "plainly_equal",
    "reference",
    "serve",
    "stretches",
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
