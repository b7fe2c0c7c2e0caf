"""The exact checker."""

from random import Random

import pytest

from stat_engine.numeracy.checker import LineCheck, check, missing_skills, read_problem
from stat_engine.numeracy.dataset import generate
from stat_engine.numeracy.problem import Problem
from stat_engine.numeracy.reward_examples import change_digit
from stat_engine.numeracy.templates import TEMPLATES

SEQUENCE = "A sequence starts at 5 and goes up by 3 each time. What is term 9?"
PERIMETER = "What is the perimeter of a rectangle of 5 by 8?"
MEAN = "What is the mean of 4, 9 and 5?"


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    return list(generate(2000, 11, "uniform"))


def verdicts(question: str, *lines: str) -> list[bool]:
    return [line.is_correct for line in check(read_problem(question), list(lines))]


def test_every_template_is_recovered_from_its_text(problems: list[Problem]) -> None:
    assert {problem.template for problem in problems} == {t.name for t in TEMPLATES}
    assert [read_problem(problem.problem) for problem in problems] == problems


@pytest.mark.parametrize(
    "text", ["", "What is love?", "What is the mean of 4, 9 and 6?", "Solve 0x+2=5.", "What is 3 mod 0?"]
)
def test_what_no_template_writes_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_problem(text)


def test_every_wording_is_correct_and_aligned_with_its_skills(problems: list[Problem]) -> None:
    for problem in problems:
        for steps in problem.solutions:
            lines = [step.text for step in steps]
            checked = check(problem, lines)
            assert all(line.is_correct for line in checked), lines
            assert [line.skill for line in checked] == [step.skill for step in steps], lines
            assert missing_skills(problem, lines) == []


def test_a_changed_digit_is_found(problems: list[Problem]) -> None:
    rng = Random(0)
    for problem in problems:
        place = rng.randrange(len(problem.reference))
        lines = [step.text for step in problem.reference]
        lines[place] = change_digit(lines[place], rng)
        wrong = [i for i, line in enumerate(check(problem, lines)) if not line.is_correct]
        assert wrong == [place], lines


def test_another_correct_route_is_correct() -> None:
    assert verdicts(PERIMETER, "2*5=10", "2*8=16", "10+16=26", "Answer: 26") == [True] * 4
    assert verdicts(PERIMETER, "5+8+5+8=26", "Answer: 26") == [True] * 2
    assert verdicts(SEQUENCE, "9-1=8", "8*3=24", "so 24+5=29", "Answer: 29.0") == [True] * 4
    assert verdicts(MEAN, "4+9=13", "mean=(13+5)/3=18/3", "18/3=6", "Answer: 6") == [True] * 4


def test_right_arithmetic_with_wrong_numbers_is_wrong() -> None:
    assert verdicts(SEQUENCE, "term 9=5+9*3=5+27", "5+27=32", "Answer: 32") == [False] * 3
    assert verdicts(SEQUENCE, "term 8=5+8*3=5+24", "5+24=29", "Answer: 29") == [False, True, True]
    assert verdicts(SEQUENCE, "7+22=29", "Answer: 29") == [False, True]


def test_a_line_carries_its_skill_and_the_step_expected() -> None:
    problem = read_problem(SEQUENCE)
    assert check(problem, ["term 9=5+9*3=5+27", "5+24=28", "Answer: 28"]) == [
        LineCheck(False, "arithmetic sequences", "term 9=5+3*8=5+24"),
        LineCheck(False, "addition", "5+24=29"),
        LineCheck(False, None, "Answer: 29"),
    ]


def test_the_answer_is_compared_as_a_number() -> None:
    question = "What is 1/4+2/6?"
    with pytest.raises(ValueError):
        read_problem(question)
    assert verdicts("What is 1/6+2/5?", "Answer: 34/60", "Answer: 17/30", "Answer: 5/30") == [
        True,
        True,
        False,
    ]


def test_missing_skills_name_the_first_wrong_step_or_the_steps_never_reached() -> None:
    problem = read_problem(SEQUENCE)
    set_up = "term 9=5+8*3=5+24"
    assert missing_skills(problem, ["5+9*3=32", "Answer: 32"]) == ["arithmetic sequences"]
    assert missing_skills(problem, [set_up, "5+24=39", "Answer: 39"]) == ["addition"]
    assert missing_skills(problem, [set_up, "Answer: 24"]) == ["addition"]
    assert missing_skills(problem, []) == ["arithmetic sequences", "addition"]
    assert missing_skills(problem, [set_up, "5+24=29", "Answer: 92"]) == ["addition"]
    assert missing_skills(problem, ["7+22=29", "Answer: 29"]) == []


@pytest.mark.parametrize(
    "line", ["", "=", "9^9^9^9=1", "Answer:", "5/0=5", "1=1", "(" * 200, "9" * 5000, "\x00", "x=x=x"]
)
def test_hostile_lines_are_wrong_and_quick(line: str) -> None:
    assert verdicts(SEQUENCE, line) == [False]
