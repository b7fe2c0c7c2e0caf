"""The judge is asked once, about what has a reference, and its silence is not a verdict."""

from collections.abc import Sequence

import pytest

from stat_engine.config import GraderConfig
from stat_engine.errors import StatError
from stat_engine.grading import Graded, Grader, Written, open_grader
from stat_engine.records import Question
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


def by_word(asked: list[tuple[str, str, str]]) -> Grader:
    """A judge that calls a response right where it ends in the reference's last word; "?" cannot be read."""

    def judge(items: Sequence[tuple[str, str, str]]) -> list[bool | None]:
        asked.extend(items)
        return [None if "?" in other else one.split()[-1] == other.split()[-1] for _, one, other in items]

    return open_grader(GraderConfig(backend="judge"), judge)


def test_solutions_agree_where_the_judge_says_so_whatever_their_texts() -> None:
    asked: list[tuple[str, str, str]] = []
    grader, question = by_word(asked), a_question("q", answer=None)
    texts = ["it is warm", "the same: warm", "it is cold", "?", " ", "it is warm"]
    groups = grader.agreeing([(question, [Written(text) for text in texts]), (question, [])])
    assert groups == [[[0, 1, 5], [2], [3]], []]
    assert asked == [  # in two rounds; an empty text and an equal one cost nothing
        ("What is q?", "it is warm", "the same: warm"),
        ("What is q?", "it is warm", "it is cold"),
        ("What is q?", "it is warm", "?"),
        ("What is q?", "it is cold", "?"),
    ]


def test_a_text_is_judged_against_the_answer_else_the_solution() -> None:
    asked: list[tuple[str, str, str]] = []
    grader = by_word(asked)
    answered = a_question("q", answer="warm", solution="cold")
    bare = Question(id="b", problem="Why?", solution="cold")
    unknown = Question(id="u", problem="Why?")
    items = [("so warm", answered), ("so cold", answered), ("so cold", bare), ("x", unknown), ("", bare)]
    assert grader.matches(items) == [True, False, True, False, False]
    assert [reference for _, reference, _ in asked] == ["warm", "warm", "cold"]
    assert grader.faults([bare, unknown]) == [None, None] and not grader.needs_tests
