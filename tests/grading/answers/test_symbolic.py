"""What sympy compares: each token of an answer must be in what its reader made of it."""

import pytest

from stat_engine.grading.answers.scalars import same_formulas


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        (r"\sum_{k=1}^{n} k", r"\frac{n(n+1)}{2}"),
        (r"\int_0^1 x\,dx", r"\frac12"),
        (r"\lim_{x\to 0}\frac{\sin x}{x}", "1"),
        (r"\prod_{k=1}^{5} k", "120"),
    ],
)
def test_sums_integrals_and_limits_are_compared(answer: str, reference: str) -> None:
    assert same_formulas(answer, reference)


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        (r"\sum_{k=1}^{n} k", r"\frac{n(n-1)}{2}"),
        (r"3.2\times10^{-19}", r"1.6\times10^{-19}"),
        (r"x\equiv 3\pmod 7", r"x\equiv 5\pmod 7"),
        (r"\langle 1,2,9\rangle", r"\langle 1,2,3\rangle"),
        (r"6\sqrt(3)", "6"),
        ("100+20m", "120"),
        (r"\int_0^1 x\,dx", r"\int_0^2 x\,dx"),
    ],
)
def test_what_differs_or_was_dropped_is_not_equal(answer: str, reference: str) -> None:
    assert not same_formulas(answer, reference)
