import pytest

from stat_engine.grading.answers import equal, extract


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("so \\boxed{\\frac{1}{2}} or \\boxed{3}", "\\frac{1}{2}, 3"),
        ("\\boxed{\\text{a {b} c}}", "\\text{a {b} c}"),
        ("1+1=2\nAnswer: 2", "2"),
        ("The final answer is: 17.", "17"),
        ("He pays 5.\n#### 1,250", "1,250"),
        ("2 * 9 = 18\nA: 18", "18"),
        ("it makes 12 of 30", "30"),
        ("\\boxed{never closed", None),
        ("no number", None),
        ("", None),
    ],
)
def test_the_final_answer_is_found(response: str, answer: str | None) -> None:
    assert extract(response) == answer


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("1/2", "0.5"), ("$18$", "18"), ("1,250", "1250"), ("18.", "18.0"), ("-3", "-3"),
        ("\\frac{1}{2}", "0.5"), ("x+1", "1+x"), ("\\dfrac34", "\\frac{3}{4}"),
    ],
)  # fmt: skip
def test_answers_that_mean_the_same_are_equal(answer: str, reference: str) -> None:
    assert equal(answer, reference)


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("1/2", "0.51"),
        (None, "1"),
        ("1", None),
        (None, None),
        ("1/0", "1"),
        ("x", "y"),
        ("12", "1,2"),
        ("357", "3,5,7"),
    ],
)
def test_other_answers_are_not(answer: str | None, reference: str | None) -> None:
    assert not equal(answer, reference)


def test_hostile_numbers_are_compared_at_once() -> None:
    assert not equal("1e999999999", "1")
    assert not equal("9" * 100_000, "9" * 99_999)
