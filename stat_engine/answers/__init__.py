"""Final answers: find the one a text ends in, and say whether two are equal and why.

`reading` finds an answer; `tidying`, `units` and `parsing` say what it means; `equality` compares two, with
exact arithmetic; `symbolic` asks sympy where nothing else can tell."""

from stat_engine.answers.answer import plain_number, read
from stat_engine.answers.equality import Verdict, compare
from stat_engine.answers.exact import Undefined, exact
from stat_engine.answers.reading import after_thinking, clean, extract, last_boxed, reference, tagged
from stat_engine.answers.symbolic import same_formulas, serve
from stat_engine.answers.trees import letters_in

__all__ = [
    "Verdict", "after_thinking", "canonical", "clean", "compare", "equal", "extract", "last_boxed",
    "plainly_equal", "reference", "serve", "tagged",
]  # fmt: skip


def equal(answer: str | None, reference: str | None) -> bool:
    """Whether two final answers mean the same: 1/2 and 0.5 do. None equals nothing. Without a time limit."""
    found = compare(answer, reference).is_correct
    return same_formulas(str(answer), str(reference)) if found is None else found


def plainly_equal(answer: str | None, reference: str | None) -> bool | None:
    """As `equal`, without sympy; None where only that can tell."""
    return compare(answer, reference).is_correct


def canonical(answer: str | None) -> str | None:
    """One text for answers that are the same number, so that 1/2 and 0.5 count as one; others tidied."""
    if answer is None:
        return None
    number = plain_number(answer.strip())
    if number is None and len(answer) <= 100:
        found = read(answer)
        if found.node is not None and not letters_in(found.node):
            try:
                number = exact(found.node, {})
            except (Undefined, ValueError):
                number = None
        if number is None:
            return found.text
    return answer.strip() if number is None else str(number)
