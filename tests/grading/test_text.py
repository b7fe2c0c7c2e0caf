"""Graders that compare texts: what counts as the answer, and which texts are the same."""

import pytest

from stat_engine.config import GraderConfig
from stat_engine.grading import Graded, Grader, notice, open_grader
from stat_engine.grading.text import RegexGrader
from stat_engine.records import Question
from tests.factories import a_question

EXACT = open_grader(GraderConfig(backend="exact"))
CHOICE = open_grader(GraderConfig(backend="choice"))
HASHES = open_grader(GraderConfig(backend="regex", pattern=r"(?m)^#### *(.*)$"))


def graded(grader: Grader, response: str, reference: str | None) -> Graded:
    (grade,) = grader.grade([(response, a_question(answer=reference))])
    return grade


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("Paris", "Paris"),
        ("France, so:\n\nAnswer: Paris\n\n", "Paris"),
        ("I think the final answer is Paris.", "Paris."),
        ("so \\boxed{Paris}\nthat is all", "Paris"),
        ("work\n#### Paris", "Paris"),
        ("one\ntwo", "two"),
        ("Answer:", "Answer:"),
        (" \n\t\n", None),
        ("", None),
    ],
)
def test_exact_takes_what_the_last_line_says(response: str, answer: str | None) -> None:
    assert EXACT.extract(response) == answer


@pytest.mark.parametrize(
    ("response", "reference", "is_correct"),
    [
        ("Answer: PARIS.", "paris", True),
        ("caf\u0065\u0301", "caf\u00e9", True),
        ("New\u00a0 York", "new york", True),
        ("roses are red\nviolets  are blue", "Roses are red\nviolets are blue.", True),
        ("10\u00b2", "102", False),
        ("Paris, France", "Paris", False),
        ("", "", False),
        ("", "Paris", False),
        ("Paris", None, None),
    ],
)
def test_exact_compares_without_case_space_and_stop(
    response: str, reference: str | None, is_correct: bool | None
) -> None:
    assert graded(EXACT, response, reference).is_correct is is_correct


def test_regex_takes_the_group_of_the_last_match() -> None:
    assert graded(HASHES, "#### 3\n#### 4 ", "4") == Graded("4", True)
    assert graded(HASHES, "#### 4", "long way\n#### 4") == Graded("4", True)
    assert graded(HASHES, "4", "4") == Graded(None, False)
    assert graded(HASHES, "#### 4", None) == Graded("4", None)
    either = open_grader(GraderConfig(backend="regex", pattern="a(b)?"))
    assert either.extract("ab a") is None


@pytest.mark.parametrize("grader", [EXACT, CHOICE, HASHES])
def test_none_agrees_with_nothing(grader: Grader) -> None:
    assert [grader.agree("B", "B"), grader.agree(None, "B"), grader.agree(None, None)] == [True, False, False]


@pytest.mark.parametrize("grader", [EXACT, CHOICE, HASHES])
@pytest.mark.parametrize("unit", ["answer is ", "(", "A ", "\\boxed{", "#### \n", "option ", " ", "x\n"])
def test_a_megabyte_is_graded(grader: Grader, unit: str) -> None:
    response = unit * (2**20 // len(unit))
    assert len(grader.grade([(response, a_question(answer="B"))])) == 1


def test_only_a_command_may_need_a_notice() -> None:
    assert notice(GraderConfig(backend="exact")) is None


def test_a_regex_that_takes_too_long_leaves_the_verdict_open() -> None:
    """A pattern that any engine needs some time for, under a limit of no time at all."""
    grader = RegexGrader(r"(?:a|b|ab)*?(c)", limit_s=1e-9)
    text, question = "ab" * 50_000, Question(id="q", split="test", problem="", answer="c")
    assert grader.extract(text) is None
    assert grader.grade([(text, question)]) == [Graded(None, None)]
    assert grader.grade([(text, question)])[0].rule == "the time limit was reached"
    assert RegexGrader(r"(c)").grade([("abc", question)]) == [Graded("c", True)]
