"""Parts and roots in words have the value of their figures, and no other."""

import pytest

from stat_engine.grading.answers import compare

PARTS = {
    "half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "fifteenth": 15, "sixteenth": 16, "twentieth": 20,
    "hundredth": 100, "thousandth": 1000,
}  # fmt: skip


@pytest.mark.parametrize(("word", "n"), PARTS.items())
def test_a_part_in_words_is_its_fraction(word: str, n: int) -> None:
    found = [compare(f"one {word}", f"1/{other}").is_correct for other in (n - 1, n, n + 1)]
    assert found == [False, True, False]


@pytest.mark.parametrize(("word", "degree"), [("square", 2), ("cube", 3), ("fourth", 4)])
def test_a_root_in_words_has_its_degree(word: str, degree: int) -> None:
    found = [
        compare(f"the {word} root of 7", rf"\sqrt[{other}]{{7}}").is_correct
        for other in (degree - 1, degree, degree + 1)
    ]
    assert found == [False, True, False]


def test_nothing_to_the_power_of_nothing_has_no_value() -> None:
    assert [compare("0^0", value).is_correct for value in ("0", "1")] == [False, False]
    assert compare(r"\sqrt[3]{-8}", "-2").is_correct and compare("0^2", "0").is_correct
