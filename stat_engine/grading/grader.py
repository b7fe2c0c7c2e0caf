"""The protocol of a grader, the only part of the method that differs from domain to domain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from stat_engine.records import Question

Judge = Callable[[Sequence[tuple[str, str, str]]], list[bool | None]]
"""(problem, reference, response) items in, a verdict on each out, in order; None: it could not be read."""


@dataclass(frozen=True)
class Graded:
    """What a grader says of one response."""

    answer: str | None
    """The final answer as found in the response; null: none found."""
    is_correct: bool | None
    """Null: unknown, because the question has no reference answer or the judge could not be read."""
    rule: str = field(default="", compare=False)
    """Why, in words: the comparison that gave the verdict; empty: the grader does not say."""


class Grader(Protocol):
    """Finds final answers and says whether they are right."""

    def grade(self, items: Sequence[tuple[str, Question]]) -> list[Graded]:
        """Grades of (response, question) items, in order."""
        ...

    def extract(self, text: str) -> str | None:
        """The final answer of a response; None where there is none."""
        ...

    def agree(self, one: str | None, other: str | None) -> bool:
        """Whether two final answers mean the same; None agrees with nothing."""
        ...
