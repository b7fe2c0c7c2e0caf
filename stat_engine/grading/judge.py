"""Grader `judge`: the run's teacher decides whether a response is correct, for answers in words."""

from collections.abc import Sequence

from stat_engine.grading.grader import Graded, Judge
from stat_engine.grading.text import NO_REFERENCE, final_text, same
from stat_engine.records import Question

_RULES = {True: "judged right", False: "judged wrong", None: "the judge's answer could not be read"}


class JudgeGrader:
    """Asks about responses in one go; a question without a reference answer is not asked about."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def grade(self, items: Sequence[tuple[str, Question]]) -> list[Graded]:
        """Right where the judge says so; unknown where its verdict could not be read."""
        asked = [
            (at, (question.problem, question.answer, text))
            for at, (text, question) in enumerate(items)
            if question.answer is not None
        ]
        verdicts = self._judge([item for _, item in asked]) if asked else []
        by_position = dict(zip((at for at, _ in asked), verdicts, strict=True))
        return [
            Graded(
                final_text(text), verdict, _RULES[verdict] if question.answer is not None else NO_REFERENCE
            )
            for (text, question), verdict in zip(items, map(by_position.get, range(len(items))), strict=True)
        ]

    def extract(self, text: str) -> str | None:
        """The final text, as grader `exact` finds it."""
        return final_text(text)

    def agree(self, one: str | None, other: str | None) -> bool:
        """The same text: there is no question here to ask the judge about."""
        return one is not None and other is not None and same(one, other)
