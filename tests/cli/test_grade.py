"""Verb grade: what was read, the verdict and the rule, for people and as JSON."""

import pytest

from tests.cli.conftest import Verb


@pytest.mark.parametrize(
    ("response", "reference", "grader", "found"),
    [
        ("so \\boxed{5-2t}.", "3", "mathematical", ("5-2t", "3", False, "differs as an expression")),
        ("The answer is 1/2.", "#### 0.5", "mathematical", ("1/2", "0.5", True, "same number")),
        ("no idea", "3", "mathematical", (None, "3", False, "no answer found")),
        ("Answer: **Paris**", "paris", "exact", ("Paris", "paris", True, "same text")),
        ("Therefore, B.", "(C)", "choice", ("B", "(C)", False, "another letter")),
    ],
)
def test_a_verdict_comes_with_its_rule(
    stat: Verb, response: str, reference: str, grader: str, found: tuple[object, ...]
) -> None:
    said = stat("grade", response, reference, "--grader", grader, "--json")
    assert said.json == dict(zip(("answer", "reference", "is_correct", "rule"), found, strict=True))


@pytest.mark.parametrize(
    ("response", "reference", "is_correct"),
    [
        ("3", "-3", False),
        ("-3", "-3", True),
        ("-x", "-x+1", False),
        ("-\\frac12", "-0.5", True),
        ("-5 cm", "-5", True),
    ],
)
def test_a_text_may_begin_with_a_minus_sign(
    stat: Verb, response: str, reference: str, is_correct: bool
) -> None:
    assert stat("grade", response, reference, "--json").json["is_correct"] is is_correct


def test_an_unknown_option_is_still_refused(stat: Verb) -> None:
    said = stat("grade", "3", "-3", "--grad", "exact")
    assert said.status == 2 and "No such option: --grad" in said.err


def test_people_read_three_lines(stat: Verb) -> None:
    assert stat("grade", "so \\boxed{4}", "5").out.splitlines() == [
        "read as: 4", "reference: 5", "wrong: differs as a number",
    ]  # fmt: skip


def test_a_grader_that_needs_a_run_is_refused(stat: Verb) -> None:
    said = stat("grade", "4", "5", "--grader", "judge")
    assert said.status == 2
    assert (
        "found grader 'judge', expected mathematical, exact, choice; others need a run's settings" in said.err
    )
