"""The protocol of a grader, the only part of the method that differs from domain to domain."""

from abc import ABC, abstractmethod
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


@dataclass(frozen=True)
class Written:
    """A solution as a teacher wrote it."""

    text: str
    tests: str | None = None
    """Its own tests of the question, where the domain's solutions come with tests; null: none."""


Solved = tuple[Question, Sequence[Written]]
"""(a new question, its solutions); the question's `answer` is what tests them, where there is such."""


class Grader(Protocol):
    """Finds final answers and says whether they are right."""

    needs_tests: bool
    """Whether a new question must carry tests, in its `answer`: nothing else can check its solutions."""

    def grade(self, items: Sequence[tuple[str, Question]]) -> list[Graded]:
        """Grades of (response, question) items, in order."""
        ...

    def extract(self, text: str) -> str | None:
        """The final answer of a response; None where there is none."""
        ...

    def agree(self, one: str | None, other: str | None) -> bool:
        """Whether two final answers mean the same; None agrees with nothing."""
        ...

    def matches(self, items: Sequence[tuple[str, Question]]) -> list[bool]:
        """Whether each text has the result of its question's own answer or solution, in order."""
        ...

    def faults(self, questions: Sequence[Question]) -> list[str | None]:
        """Why no solution of a new question can be checked, in words; None where it can."""
        ...

    def agreeing(self, items: Sequence[Solved]) -> list[list[list[int]]]:
        """For each question the groups of its solutions that agree, by position.

        A solution without a result is in no group; where agreement is not transitive, groups may overlap."""
        ...


class AnswerGrader(ABC):
    """What graders share that compare final answers."""

    needs_tests = False

    @abstractmethod
    def extract(self, text: str) -> str | None:
        """The final answer of a response; None where there is none."""

    @abstractmethod
    def agree(self, one: str | None, other: str | None) -> bool:
        """Whether two final answers mean the same; None agrees with nothing."""

    def matches(self, items: Sequence[tuple[str, Question]]) -> list[bool]:
        """Whether each text ends in the answer of its question, else in that of its solution."""
        return [
            self.agree(self.extract(text), question.answer or self.extract(question.solution or ""))
            for text, question in items
        ]

    def faults(self, questions: Sequence[Question]) -> list[str | None]:
        """None for each: final answers can always be compared."""
        return [None] * len(questions)

    def agreeing(self, items: Sequence[Solved]) -> list[list[list[int]]]:
        """Solutions that end in equal answers."""
        answers = [[self.extract(solution.text) for solution in solutions] for _, solutions in items]
        candidates = [[at for at, answer in enumerate(of) if answer is not None] for of in answers]
        return by_first(
            candidates,
            lambda pairs: [self.agree(answers[q][one], answers[q][first]) for q, first, one in pairs],
        )


Same = Callable[[Sequence[tuple[int, int, int]]], list[bool]]
"""(question, a group's first member, another solution), by position, in; whether the two are the same out."""


def by_first(candidates: Sequence[Sequence[int]], same: Same) -> list[list[list[int]]]:
    """Groups of each question's candidates; a candidate joins the first group whose first member it is the
    same as.

    Asked in rounds, all questions together: one round where all agree."""
    groups: list[list[list[int]]] = [[] for _ in candidates]
    left = [list(of) for of in candidates]
    while any(left):
        pairs = [(at, of[0], other) for at, of in enumerate(left) for other in of[1:]]
        is_same = dict(zip(pairs, same(pairs) if pairs else [], strict=True))
        for at, of in enumerate(left):
            if of:
                groups[at].append([one for one in of if one == of[0] or is_same[at, of[0], one]])
                left[at] = [one for one in of if one not in groups[at][-1]]
    return groups
