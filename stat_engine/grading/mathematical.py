"""Grader `mathematical`: the final answer of a response, equal as mathematics, so 1/2 is 0.5."""

from collections.abc import Sequence

from stat_engine.config import GraderConfig
from stat_engine.grading import answers
from stat_engine.grading.answers import Verdict
from stat_engine.grading.comparing import comparing_pool
from stat_engine.grading.grader import AnswerGrader, Graded
from stat_engine.records import Question

LIMIT_S: float = GraderConfig.model_fields["timeout_s"].default


class MathematicalGrader(AnswerGrader):
    """Most answers are compared here; what needs sympy in a pool of processes with a time limit."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s

    def grade(self, items: Sequence[tuple[str, Question]]) -> list[Graded]:
        """Right where the final answer equals the reference; unknown where comparing took too long."""
        pairs = [(answers.extract(text), answers.reference(question.answer)) for text, question in items]
        return [
            Graded(answer, None, "no reference answer")
            if reference is None
            else Graded(answer, verdict.is_correct, verdict.rule)
            for (answer, reference), verdict in zip(pairs, self._compared(pairs), strict=True)
        ]

    def extract(self, text: str) -> str | None:
        """In `<answer>` or a box, else behind `####` or "answer is", else the last number or formula."""
        return answers.extract(text)

    def agree(self, one: str | None, other: str | None) -> bool:
        """Equal as mathematics."""
        return self._compared([(one, other)])[0].is_correct is True

    def _compared(self, pairs: Sequence[tuple[str | None, str | None]]) -> list[Verdict]:
        verdicts = [answers.compare(*pair) for pair in pairs]
        open_ones = [at for at, verdict in enumerate(verdicts) if verdict.is_correct is None]
        if open_ones:
            found = comparing_pool(self._limit_s).equal(
                [(str(pairs[at][0]), str(pairs[at][1])) for at in open_ones]
            )
            for at, is_same in zip(open_ones, found, strict=True):
                verdicts[at] = Verdict(is_same, _RULES[is_same])
        return verdicts


_RULES = {True: "same formula, by sympy", False: "differs, by sympy", None: "the time limit was reached"}
