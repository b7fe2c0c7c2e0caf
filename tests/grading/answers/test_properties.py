"""What must never change a verdict, and what must always change it, on answers that are made up."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from stat_engine.grading.answers import compare, extract, reference
from stat_engine.grading.answers.answer import read

whole = some.integers(-999, 999)
positive = some.integers(2, 99)
letter = some.sampled_from("abcxyz")
fraction = some.builds(lambda above, below: f"\\frac{{{above}}}{{{below}}}", whole, positive)
root = some.builds(
    lambda factor, inner: f"{factor}\\sqrt{{{inner}}}", positive, some.sampled_from([2, 3, 5, 7])
)
power = some.builds(lambda base, exponent: f"{base}^{{{exponent}}}", letter, some.integers(2, 9))
term = some.one_of(positive.map(str), fraction, root, power, letter)


def joined(terms: list[str], signs: list[str]) -> str:
    return terms[0] + "".join(sign + term for sign, term in zip(signs, terms[1:], strict=False))


formula = some.builds(
    joined,
    some.lists(term, min_size=1, max_size=4),
    some.lists(some.sampled_from("+-"), min_size=3, max_size=3),
)
UNITS = ["cm", "kg", "hours", "dollars", "students", "apples", "miles"]
BOXES = [
    "so \\boxed{ANSWER}.", "so $\\boxed{ANSWER}$", "\\[\\boxed{ANSWER}\\]", "<answer>ANSWER</answer>", "**\\boxed{ANSWER}**",
    "The final answer is: $ANSWER$", "Final answer:\n\\[\nANSWER\n\\]", "<think>\\boxed{7}</think>\\boxed{ANSWER}",
]  # fmt: skip
numbers = some.lists(whole, min_size=2, max_size=5, unique=True)
checked = settings(max_examples=150, deadline=None, derandomize=True)


@checked
@given(formula)
@pytest.mark.parametrize(
    "wrapper",
    ["${}$", "$${}$$", "\\({}\\)", "\\[\n{}\n\\]", " {} ", "{}.", "\\displaystyle {}", "\\left({}\\right)", "{{{}}}", "~{}\\,"],
)  # fmt: skip
def test_display_and_brackets_change_no_verdict(wrapper: str, text: str) -> None:
    answer = wrapper.replace("{{", "{").replace("}}", "}").replace("{}", text, 1)
    assert compare(answer, text).is_correct


@checked
@given(formula)
def test_spacing_and_sizes_of_fractions_change_no_verdict(text: str) -> None:
    for spelt in (
        text.replace("+", " + ").replace("-", " - "),
        text.replace("+", "\\,+\\;").replace("}{", "} {"),
        text.replace("\\frac", "\\dfrac"),
        text.replace("\\frac", "\\tfrac"),
        text.replace("-", "−"),
    ):
        assert compare(spelt, text).is_correct, spelt


@checked
@given(numbers, some.randoms(use_true_random=False))
def test_the_order_of_a_set_changes_no_verdict_and_of_a_tuple_does(items: list[int], shuffle: object) -> None:
    mixed = list(items)
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]
    given_list, mixed_list = (", ".join(map(str, each)) for each in (items, mixed))
    assert compare(f"\\{{{mixed_list}\\}}", f"\\{{{given_list}\\}}").is_correct
    assert compare(mixed_list, f"\\{{{given_list}\\}}").is_correct
    assert compare(f"({mixed_list})", f"({given_list})").is_correct is (mixed == items)


@checked
@given(formula, positive)
def test_another_digit_or_sign_changes_the_verdict(text: str, number: int) -> None:
    reference = f"{text}+{number}"
    assert compare(f"{text}+{number + 1}", reference).is_correct is False
    assert compare(f"{text}-{number}", reference).is_correct is False
    assert compare(f"{text}+{number}q", reference).is_correct is False
    assert compare(f"-({text})", text).is_correct is (compare(text, "0").is_correct is True)


@checked
@given(positive, letter, letter)
def test_another_letter_changes_the_verdict(number: int, one: str, other: str) -> None:
    for shape in ("{}{}", "{}+{}", "{}^{{{}}}", "\\frac{{{}}}{{{}}}", "{}\\sin {}"):
        assert compare(shape.format(number, one), shape.format(number, other)).is_correct is (one == other)


@checked
@given(some.text("01", min_size=2, max_size=8), some.integers(2, 16), some.integers(2, 16))
def test_another_base_changes_the_verdict(digits: str, one: int, other: int) -> None:
    assert compare(f"{digits}_{{{one}}}", f"{digits}_{{{other}}}").is_correct is (one == other)
    assert compare(digits, f"{digits}_{{{other}}}").is_correct


@checked
@given(positive, some.sampled_from(UNITS), some.sampled_from(UNITS))
def test_a_unit_changes_no_verdict_and_another_unit_does(number: int, one: str, other: str) -> None:
    assert compare(f"{number}\\text{{ {one}}}", str(number)).is_correct
    assert compare(f"{number} {one}", f"{number}\\text{{ {other}}}").is_correct is (one == other)
    assert compare(f"{number + 1} {one}", f"{number}\\text{{ {one}}}").is_correct is False


@checked
@given(positive, positive)
def test_a_variable_after_a_formula_is_no_unit(number: int, other: int) -> None:
    for variable in "mstghN":
        assert compare(f"{number}+{other}{variable}", str(number + other)).is_correct is False
        assert compare(f"\\sqrt{{{number}}}{variable}", f"\\sqrt{{{number}}}").is_correct is False
        assert compare(f"{number}{variable}^{{4}}", str(number)).is_correct is False


@checked
@given(formula, some.sampled_from(BOXES))
def test_a_box_and_what_is_around_it_change_no_answer(text: str, box: str) -> None:
    assert compare(extract(box.replace("ANSWER", text)), text).is_correct


@checked
@given(some.fractions(max_denominator=10**6), some.fractions(max_denominator=10**6))
def test_fractions_are_equal_where_their_values_are(one: Fraction, other: Fraction) -> None:
    spelt = f"\\frac{{{one.numerator}}}{{{one.denominator}}}"
    assert compare(spelt, f"{other.numerator}/{other.denominator}").is_correct is (one == other)


@checked
@given(
    some.integers(1, 400),
    some.sampled_from(["2^{-%d}", "\\frac{1}{3^{%d}}", "e^{-%d}", "\\sqrt{2}\\cdot 10^{-%d}"]),
)
def test_no_value_is_too_small_to_differ(exponent: int, shape: str) -> None:
    assert compare(shape % exponent, shape % (exponent + 1)).is_correct is False
    assert compare(shape % exponent, "0").is_correct is False


@checked
@given(some.text(max_size=60))
def test_any_text_is_read_and_compared_without_an_error(text: str) -> None:
    assert compare(text, "x+1").is_correct in (False, None) or read(text).node is not None
    extract(text)
    first = reference(text)
    assert first is None or compare(first, first).is_correct


@checked
@given(some.text("0123456789+-*/^()[]{}\\$,.:;%!_=<>xyei frac sqrt", max_size=40))
def test_any_formula_is_equal_to_itself_in_other_spacing(text: str) -> None:
    answer = extract(f"\\boxed{{{text}}}")
    if answer is not None:
        assert compare(answer, answer).is_correct
