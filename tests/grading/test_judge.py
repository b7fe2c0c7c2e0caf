"""The judge is asked once, about what has a reference, and its silence is not a verdict."""

from collections.abc import Sequence

import pytest

from stat_engine.config import GraderConfig
from stat_engine.errors import StatError
from stat_engine.grading import Graded, open_grader
from tests.factories import a_question


def test_the_judge_sees_problem_reference_and_response() -> None:
    asked: list[list[tuple[str, str, str]]] = []

    def judge(items: Sequence[tuple[str, str, str]]) -> list[bool | None]:
        asked.append(list(items))
        return [True, None, False]

    grader = open_grader(GraderConfig(backend="judge"), judge)
    questions = [a_question(f"q{at}", answer=answer) for at, answer in enumerate(["a", None, "b", "c"])]
    grades = grader.grade([(f"Answer: {question.id}", question) for question in questions])
    assert grades == [Graded("q0", True), Graded("q1", None), Graded("q2", None), Graded("q3", False)]
    assert asked == [
        [
            ("What is q0?", "a", "Answer: q0"),
            ("What is q2?", "b", "Answer: q2"),
            ("What is q3?", "c", "Answer: q3"),
        ]
    ]
    assert grader.grade([("x", questions[1])]) == [Graded("x", None)]
    assert len(asked) == 1
    assert grader.agree("Paris.", "paris") and not grader.agree(None, None)


def test_no_judge_is_one_sentence() -> None:
    with pytest.raises(
        StatError, match="^grader judge asks the run's teacher, and this teacher cannot judge"
    ):
        open_grader(GraderConfig(backend="judge"))
