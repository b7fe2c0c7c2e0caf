"""Grader `mathematical`: the final answer of `answers.extract`, equal as mathematics, so 1/2 is 0.5."""

from collections.abc import Sequence

from stat_engine import answers
from stat_engine.graders.grader import Graded
from stat_engine.records import Question


class MathematicalGrader:
    """Runs in a process's main thread only, as math-verify's time limit does."""

    def grade(self, items: Sequence[tuple[str, Question]]) -> list[Graded]:
        """Right where the final answer equals the reference."""
        return [_graded(answers.extract(text), question.answer) for text, question in items]

    def extract(self, text: str) -> str | None:
        """Last \\boxed{}, else `####`, else an answer line, else the last number."""
        return answers.extract(text)

    def agree(self, one: str | None, other: str | None) -> bool:
        """Equal as mathematics."""
        return answers.equal(one, other)


def _graded(answer: str | None, reference: str | None) -> Graded:
    return Graded(answer, None if reference is None else answers.equal(answer, reference))
