"""The mathematical grader is `stat_engine/grading/answers.py` behind the graders' protocol."""

from stat_engine.config import GraderConfig
from stat_engine.grading import Graded, open_grader
from tests.factories import a_question

GRADER = open_grader(GraderConfig())


def test_equal_numbers_are_right_and_an_unknown_reference_is_unknown() -> None:
    items = [
        ("Answer: 1/2", a_question(answer="0.5")),
        ("so \\boxed{3}", a_question(answer="4")),
        ("no number", a_question(answer="4")),
        ("Answer: 5", a_question(answer=None)),
    ]
    assert GRADER.grade(items) == [
        Graded("1/2", True), Graded("3", False), Graded(None, False), Graded("5", None),
    ]  # fmt: skip


def test_answers_agree_as_mathematics() -> None:
    assert GRADER.agree(GRADER.extract("A: 1,250"), "1250")
    assert not GRADER.agree("1", "2")
    assert not GRADER.agree(None, None)
