"""Fields are read as what they should be, or refused with what was found."""

from pathlib import Path
from typing import Any

import pytest

from stat_engine.errors import InputError
from stat_engine.formats.row import Row

FILE = Path("rows.jsonl")


def row(is_text: bool = False, **values: Any) -> Row:
    return Row(7, values, FILE, is_text)


def refused(read: str, value: Any, *arguments: Any, is_text: bool = False) -> str:
    with pytest.raises(InputError) as caught:
        getattr(row(is_text, x=value), read)("x", *arguments)
    place = "rows.jsonl, line 7, field x"
    assert str(caught.value).startswith(place)
    return str(caught.value).removeprefix(place)


@pytest.mark.parametrize("id", ["test/algebra/1", "gsm8k/train/0001", "1", "Ü 1", "a..b", "a/.../b", "q:1"])
def test_legal_ids(id: str) -> None:
    assert row(x=id).identifier("x") == id


@pytest.mark.parametrize(
    "id", ["/etc/passwd", "~/x", "..", "../x", "a/../b", "a/..", "C:", "c:/x", "a\\b", "..\\x"]
)
def test_ids_that_look_like_paths(id: str) -> None:
    assert refused("identifier", id) == f": found {id!r}, expected an id that does not look like a path"


@pytest.mark.parametrize(
    ("id", "message"),
    [
        (7.5, ": found 7.5, expected text"),
        (True, ": found True, expected text"),
        (float("inf"), ": found inf, expected text"),
        (None, ": found null, expected text"),
        (" ", ": found ' ', expected text that is not blank"),
        ("a" * 513, ": found 513 characters, expected at most 512"),
        ("a\nb", r": found 'a\nb', expected text without control characters"),
        ("a\u2028", r": found 'a\u2028', expected text without control characters"),
        ("a\x7f", r": found 'a\x7f', expected text without control characters"),
    ],
)
def test_what_is_no_id(id: Any, message: str) -> None:
    assert refused("identifier", id) == message


def test_missing_and_null_are_told_apart() -> None:
    with pytest.raises(InputError) as caught:
        row().text("x")
    assert str(caught.value) == "rows.jsonl, line 7, field x: found no such field, expected text"
    assert refused("text", None) == ": found null, expected text"
    assert row().optional_text("x") is row(x=None).optional_text("x") is None


@pytest.mark.parametrize(("value", "number"), [(3, 3), (3.0, 3), (-1, -1), (None, None)])
def test_whole_numbers(value: Any, number: int | None) -> None:
    assert row(x=value).whole("x") == number


@pytest.mark.parametrize("value", [True, "3", 3.5, float("nan"), float("inf"), 2**60, [3], {}])
def test_what_is_no_whole_number(value: Any) -> None:
    assert refused("whole", value).endswith(", expected a whole number, or null")


@pytest.mark.parametrize(("value", "number"), [("3", 3), ("3.0", 3), ("-2", -2), ("3.", 3)])
def test_whole_numbers_in_csv(value: str, number: int) -> None:
    assert row(True, x=value).whole("x") == number


@pytest.mark.parametrize("value", ["three", "3.5", "nan", "inf", "1e3", "3_0", " 3", "9" * 40])
def test_what_is_no_whole_number_in_csv(value: str) -> None:
    assert refused("whole", value, is_text=True).endswith(", expected a whole number, or null")


def test_ranges_of_whole_numbers() -> None:
    assert refused("whole", -1, 0) == ": found -1, expected a whole number from 0, or null"
    assert refused("whole", 4, -1, 3) == ": found 4, expected a whole number from -1 to 3"


def test_flags() -> None:
    values = (True, False, None, 1, 0, 1.0, 0.0)
    assert [row(x=value).flag("x") for value in values] == [True, False, None, True, False, True, False]
    texts = ("True", "false", "1", "0", "1.0")
    assert [row(True, x=value).flag("x") for value in texts] == [True, False, True, False, True]
    assert refused("flag", 2) == ": found 2, expected true, false, 1, 0 or null"
    assert refused("flag", 0.5) == ": found 0.5, expected true, false, 1, 0 or null"
    assert refused("flag", "true") == ": found 'true', expected true, false, 1, 0 or null"
    assert refused("flag", "yes", is_text=True) == ": found 'yes', expected true, false, 1, 0 or null"


@pytest.mark.parametrize(
    ("value", "text"),
    [(24, "24"), (27.0, "27"), (27.5, "27.5"), (-3, "-3"), (1e20, "1" + "0" * 20), ("27.0", "27.0"), (["24"], "24"),
     ([3.0], "3"), ([], None), (None, None), ([None], None)],
)  # fmt: skip
def test_answers_are_texts(value: Any, text: str | None) -> None:
    assert row(x=value).answer("x") == text


def test_whole_numbers_are_ids() -> None:
    assert [row(x=value).identifier("x") for value in (0, 7, 3.0, 2**60)] == ["0", "7", "3", str(2**60)]
    assert row(True, x="007").identifier("x") == "007"


def test_numbers() -> None:
    assert [row(x=value).number("x") for value in (1, 0.5, None)] == [1.0, 0.5, None]
    assert row(True, x="1e-3").number("x") == 0.001
    for value in (True, "1", float("nan"), 10**400):
        assert refused("number", value).endswith(", expected a finite number, or null")
    assert refused("number", "nan", is_text=True) == ": found 'nan', expected a finite number, or null"


def test_lists() -> None:
    assert row(x=["a", ""]).texts("x") == ["a", ""]
    assert row(x=[0, 0.5, 1]).rewards("x") == [0.0, 0.5, 1.0]
    assert refused("texts", "a") == ": found 'a', expected a list of text"
    assert refused("texts", ["a", 1]) == "[1]: found 1, expected text"
    assert refused("texts", ["a", "\0"]) == "[1]: found a NUL character, expected text without one"
    for value, found in ((True, "True"), (None, "null"), (float("nan"), "nan"), ("1", "'1'")):
        assert refused("rewards", [0, value]) == f"[1]: found {found}, expected a number in [0, 1]"
    outside = "[1]: found 1.5, expected a number in [0, 1], or --reward-scale logit"
    assert refused("rewards", [0, 1.5]) == outside
    csv = refused("texts", "a", is_text=True)
    assert csv == ": found 'a', expected a list of text; CSV holds none, use JSON Lines or Parquet"


def test_logits_become_probabilities() -> None:
    found = row(x=[0, 2.5, -2.5, 1000, -1000]).rewards("x", "logit")
    assert found == pytest.approx([0.5, 0.9241418199787566, 0.07585818002124355, 1, 0], abs=1e-15)
    assert row(x=-2.5).reward("x", "logit") == pytest.approx(0.07585818002124355, abs=1e-15)
    with pytest.raises(InputError, match="found nan, expected a finite number$"):
        row(x=[float("nan")]).rewards("x", "logit")


def test_choices() -> None:
    assert row(x="test").choice("x", ("train", "test")) == "test"
    splits = ("train", "test")
    assert refused("choice", "dev", splits) == ": found 'dev', expected one of train, test, or null"
    assert refused("choice", ["test"], splits).startswith(": found ['test'], expected one of")


def test_huge_found_values_are_cut_short() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert refused("text", deep) == ": found a list too large to show, expected text"
    assert len(refused("text", ["x" * 10_000])) < 120
    while deep:  # taken apart by hand: freeing it at once would nest as deep
        deep = deep.pop()
