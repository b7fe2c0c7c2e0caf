"""Grader `mathematical`: the final answer of `answers.extract`, equal as mathematics, so 1/2 is 0.5."""

from collections.abc import Sequence

from stat_engine.config import GraderConfig
from stat_engine.grading import answers
from stat_engine.grading.comparing import comparing_pool
from stat_engine.grading.grader import Graded
from stat_engine.records import Question

LIMIT_S: float = GraderConfig.model_fields["timeout_s"].default


class MathematicalGrader:
    """Plain numbers are compared here; what needs math-verify in a pool of processes with a time limit."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s

    def grade(self, items: Sequence[tuple[str, Question]]) -> list[Graded]:
        """Right where the final answer equals the reference; unknown where comparing took too long."""
        pairs = [(answers.extract(text), question.answer) for text, question in items]
        verdicts = self._equal(pairs)
        return [
            Graded(answer, None if reference is None else verdict)
            for (answer, reference), verdict in zip(pairs, verdicts, strict=True)
        ]

    def extract(self, text: str) -> str | None:
        """Last \\boxed{}, else `####`, else an answer line, else the last number."""
        return answers.extract(text)

    def agree(self, one: str | None, other: str | None) -> bool:
        """Equal as mathematics."""
        return self._equal([(one, other)])[0] is True

    def _equal(self, pairs: Sequence[tuple[str | None, str | None]]) -> list[bool | None]:
        plain = [answers.plainly_equal(*pair) for pair in pairs]
        open_ones = [at for at, found in enumerate(plain) if found is None]
        if not open_ones:
            return plain
        found = comparing_pool(self._limit_s).equal(
            [(str(pairs[at][0]), str(pairs[at][1])) for at in open_ones]
        )
        for at, verdict in zip(open_ones, found, strict=True):
            plain[at] = verdict
        return plain
