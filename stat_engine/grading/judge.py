"""Grader `judge`: the run's teacher decides whether a response is correct, for answers in words."""

from collections.abc import Sequence

from stat_engine.grading.grader import Graded, Judge, Solved, by_first
from stat_engine.grading.text import NO_REFERENCE, final_text, same
from stat_engine.records import Question

_RULES = {True: "judged right", False: "judged wrong", None: "the judge's answer could not be read"}


class JudgeGrader:
    """Asks about responses in one go; a question without a reference answer is not asked about."""

    needs_tests = False

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

    def matches(self, items: Sequence[tuple[str, Question]]) -> list[bool]:
        """Whether the judge finds the result of the question's answer, else of its solution, in each text."""
        return self._same(
            [(question.problem, question.answer or question.solution or "", text) for text, question in items]
        )

    def faults(self, questions: Sequence[Question]) -> list[str | None]:
        """None for each: the judge can always be asked."""
        return [None] * len(questions)

    def agreeing(self, items: Sequence[Solved]) -> list[list[list[int]]]:
        """Solutions of which the judge says that they reach the result of the group's first one."""
        candidates = [[at for at, one in enumerate(of) if one.text.strip()] for _, of in items]
        return by_first(
            candidates,
            lambda pairs: self._same(
                [
                    (items[q][0].problem, items[q][1][first].text, items[q][1][one].text)
                    for q, first, one in pairs
                ]
            ),
        )

    def _same(self, items: Sequence[tuple[str, str, str]]) -> list[bool]:
        """The judge's verdicts; an empty text matches nothing, and equal texts need no judge."""
        asked = list(
            dict.fromkeys(item for item in items if item[1] != item[2] and all(map(str.strip, item[1:])))
        )
        found = dict(zip(asked, self._judge(asked) if asked else [], strict=True))
        return [found.get(item) is True or (item[1] == item[2] and bool(item[1].strip())) for item in items]
