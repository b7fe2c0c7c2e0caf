"""Arithmetic as text."""

from fractions import Fraction

import pytest

from stat_engine.numeracy.expressions import canonical, commute, parse, value, write


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5+8*3", Fraction(29)),
        ("(5+8)*3", Fraction(39)),
        ("20-3-4", Fraction(13)),
        ("12/8", Fraction(3, 2)),
        ("3.5*2", Fraction(7)),
        ("2^3+1", Fraction(9)),
        ("-4+6", Fraction(2)),
    ],
)
def test_value_follows_the_order_of_operations(text: str, expected: Fraction) -> None:
    assert value(parse(text)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "2+", "(2", "2 3", "__import__('os')", "2**9", "x+1", "1" * 10, "+".join(["1"] * 99)],
)
def test_what_is_not_short_arithmetic_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


@pytest.mark.parametrize("text", ["9^99", "9^9^9", "1/0", "2/(3-3)"])
def test_no_value_without_bound_or_meaning(text: str) -> None:
    with pytest.raises(ValueError):
        value(parse(text))


def test_commuting_turns_sums_and_products_only() -> None:
    texts = ["5+8*3", "(3+8)/12", "20-3", "2*(5+8)"]
    assert [write(commute(parse(text))) for text in texts] == ["3*8+5", "(8+3)/12", "20-3", "(8+5)*2"]


def test_written_expressions_read_back() -> None:
    for text in ["8-(5-2)", "8/(4/2)", "8*(4/2)", "1+2-3", "(1+2)*3-4"]:
        assert write(parse(text)) == text


def test_canonical_form_forgets_the_order_of_operands() -> None:
    assert canonical(parse("5+8*3+1")) == canonical(parse("1+3*8+5"))
    assert canonical(parse("5-3")) != canonical(parse("3-5"))
