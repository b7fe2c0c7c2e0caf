"""One row of an imported file with typed access: every field is checked where it is read.

A field that is absent and one that is null both mean "not given"; where one is required, the message
distinguishes the two. Cells of CSV are text, so numbers and flags are parsed from it; in the other
formats a number in quotation marks is text, and refused as a number. Where a text is an id or an answer, a
number is read as its text: data sets store both as numbers. A key that occurs twice in one JSON object is
refused, not overwritten."""

import json
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from stat_engine.errors import InputError, shown

MAX_NAME = 512
_LARGEST = 2**53  # whole numbers up to here survive being read as a double
_WHOLE_TEXT = re.compile(r"[+-]?\d{1,16}(\.0*)?")  # pandas writes a column of whole numbers with gaps as 3.0
_NUMBER_TEXT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_PATH = re.compile(r"[/~]|[A-Za-z]:(/|$)|.*\\|(.*/)?\.\.(/|$)", re.DOTALL)
_FLAGS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
RewardScale = Literal["probability", "logit"]
"""What a reward model's numbers are in a file: in [0, 1], or any number before the logistic function."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """A row and where it stands; every accessor raises InputError naming file, line and field."""

    line: int
    """Line of the file, or number of the row in Parquet, from 1."""
    values: dict[str, Any]
    file: Path
    is_text: bool = False
    """Every value is text, as in CSV."""

    def refuse(self, field: str, found: str, expected: str) -> InputError:
        """The error to raise for one of the row's fields."""
        return InputError(self.file, expected, found, self.line, field)

    def has(self, field: str) -> bool:
        """Whether the field is there and not null."""
        return self.values.get(field) is not None

    def found(self, field: str) -> str:
        """What stands in the field, for an error message."""
        return displayed(self.values[field]) if field in self.values else "no such field"

    def optional_text(self, field: str) -> str | None:
        """Text, possibly empty; None where not given."""
        value = self.values.get(field)
        return None if value is None else self._checked_text(field, value, "text or null")

    def text(self, field: str) -> str:
        """Text that must be given, possibly empty."""
        value = self.values.get(field)
        if value is None:
            raise self.refuse(field, self.found(field), "text")
        return self._checked_text(field, value, "text")

    def full_text(self, field: str) -> str:
        """Text that must be given and is not blank."""
        text = self.text(field)
        if not text.strip():
            raise self.refuse(field, self.found(field), "text that is not blank")
        return text

    def name(self, field: str, default: str) -> str:
        """A short text without control characters: a model's name."""
        return self._checked_name(field) if self.has(field) else default

    def answer(self, field: str) -> str | None:
        """An answer as text: a number as its digits (27.0 is 27), a list of one as its element.

        None where not given, and for an empty list."""
        value = self.values.get(field)
        items = value if isinstance(value, list) else [value]
        if len(items) > 1:
            expected = "one answer; where all are required, write them as one text: 1, 2"
            raise self.refuse(field, f"a list of {len(items):,}", expected)
        only = items[0] if items else None
        text = number_text(only)
        return text if text is not None or only is None else self._checked_text(field, only, "text or null")

    def identifier(self, field: str) -> str:
        """An id: a name that could not be taken for a path (`gsm8k/train/0001` is one, `../x` is not), or a
        whole number."""
        value = self.values.get(field)
        if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
            return str(int(value))
        text = self._checked_name(field)
        if _PATH.match(text):
            raise self.refuse(field, displayed(text), "an id that does not look like a path")
        return text

    def choice(self, field: str, choices: Sequence[T]) -> T | None:
        """One of the choices; None where not given."""
        value = self.values.get(field)
        if value is None:
            return None
        if isinstance(value, str) and value in choices:
            return choices[choices.index(value)]
        raise self.refuse(field, displayed(value), f"one of {', '.join(map(str, choices))}, or null")

    def whole(self, field: str, low: int = -_LARGEST, high: int = _LARGEST) -> int | None:
        """A whole number from `low` to `high`; None where not given."""
        value = self.values.get(field)
        if value is None:
            return None
        number = self._as_whole(value)
        if number is None or not low <= number <= high:
            if high < _LARGEST:
                expected = f"a whole number from {low} to {high}"
            else:
                expected = "a whole number" + (f" from {low}" if low > -_LARGEST else "") + ", or null"
            raise self.refuse(field, displayed(value), expected)
        return number

    def flag(self, field: str) -> bool | None:
        """True or false, or 1 or 0; None where not given."""
        value = self.values.get(field)
        if self.is_text and isinstance(value, str):
            value = _FLAGS.get(value.lower(), value)
        if isinstance(value, int | float) and value in (0, 1):
            return bool(value)
        if value is None:
            return None
        raise self.refuse(field, displayed(value), "true, false, 1, 0 or null")

    def number(self, field: str) -> float | None:
        """A finite number; None where not given."""
        value = self.values.get(field)
        if value is None:
            return None
        if self.is_text and _NUMBER_TEXT.fullmatch(value):
            value = float(value)
        number = finite(value)
        if number is None:
            raise self.refuse(field, displayed(value), "a finite number, or null")
        return number

    def items(self, field: str, of: str) -> list[Any]:
        """A list that must be given; `of` says of what, for the error."""
        value = self.values.get(field)
        if not isinstance(value, list):
            csv = "; CSV holds none, use JSON Lines or Parquet" if self.is_text else ""
            raise self.refuse(field, self.found(field), f"a list of {of}{csv}")
        return value

    def texts(self, field: str) -> list[str]:
        """A list of texts that must be given."""
        items = self.items(field, "text")
        return [self._checked_text(f"{field}[{at}]", item, "text") for at, item in enumerate(items)]

    def reward(self, field: str, scale: RewardScale = "probability") -> float | None:
        """A reward in [0, 1]; None where not given. On scale `logit` it is read as a log-odds."""
        value = self.number(field)
        return None if value is None else self._reward(field, value, scale)

    def rewards(self, field: str, scale: RewardScale = "probability") -> list[float]:
        """A list of rewards that must be given, each as `reward` reads it."""
        of = "numbers in [0, 1]" if scale == "probability" else "numbers"
        return [self._reward(f"{field}[{at}]", item, scale) for at, item in enumerate(self.items(field, of))]

    def _reward(self, field: str, value: Any, scale: RewardScale) -> float:
        number = finite(value)
        if number is None:
            expected = "a number in [0, 1]" if scale == "probability" else "a finite number"
            raise self.refuse(field, displayed(value), expected)
        if scale == "logit":
            return logistic(number)
        if not 0 <= number <= 1:
            raise self.refuse(field, displayed(value), "a number in [0, 1], or --reward-scale logit")
        return number

    def _checked_text(self, field: str, value: Any, expected: str) -> str:
        if not isinstance(value, str):
            raise self.refuse(field, displayed(value), expected)
        fault = text_fault(value)
        if fault:
            raise self.refuse(field, fault, "text without one")
        return value

    def _checked_name(self, field: str) -> str:
        text = self.full_text(field)
        if len(text) > MAX_NAME:
            raise self.refuse(field, f"{len(text):,} characters", f"at most {MAX_NAME}")
        odd = () if text.isprintable() else text
        if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in odd):
            raise self.refuse(field, displayed(text), "text without control characters")
        return text

    def _as_whole(self, value: Any) -> int | None:
        if self.is_text and isinstance(value, str) and _WHOLE_TEXT.fullmatch(value):
            return int(value.partition(".")[0])
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            return None
        return int(value) if abs(value) <= _LARGEST and value == int(value) else None


def text_fault(text: str) -> str | None:
    """What keeps a text from being stored as UTF-8 and shown: a NUL character or half a surrogate pair."""
    if "\0" in text:
        return "a NUL character"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            return f"half a surrogate pair ({text[error.start]!a})"
    return None


def number_text(value: Any) -> str | None:
    """A finite number as an answer's text, a whole one without a decimal point; None for anything else."""
    number = finite(value)
    if number is None:
        return None
    return str(value) if isinstance(value, int) or not number.is_integer() else str(int(number))


def logistic(logit: float) -> float:
    """The probability 1 / (1 + exp(-logit)), for a logit of any size."""
    small = math.exp(-abs(logit))
    return (1 if logit >= 0 else small) / (1 + small)


def finite(value: Any) -> float | None:
    """The number as a double; None for what is no number, not finite, or true or false."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def displayed(value: Any) -> str:
    """A found value as an error shows it; null by its name in the formats."""
    if value is None:
        return "null"
    try:
        return shown(value)
    except (RecursionError, ValueError):  # nested too deep; a whole number of thousands of digits
        return f"a {type(value).__name__} too large to show"


_SPACE = re.compile(r"[ \t\r\n]*")
OBJECT = "one JSON object"


class _RepeatedKey(ValueError):
    """A key stands twice in one object."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKey(next(key for at, key in enumerate(keys) if key in keys[:at]))
    return made


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def parse_object(path: Path, text: str, line: int) -> dict[str, Any]:
    """The JSON object that `text` is; raises InputError for anything else. `line`: where it begins."""
    value, end = _decode(path, text, _skip_space(text, 0), line)
    if _skip_space(text, end) < len(text):
        raise InputError(path, OBJECT, f"more text after it ({shown(text[end:].strip(), 30)})", line)
    return _checked(path, value, line)


def parse_list(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, object) for every element of the JSON list that `text` is; raises InputError."""
    at, line = _skip_space(text, text.index("[") + 1), 1
    counted, last = 0, len(text.rstrip())  # a list that is cut short is told where its text ends
    while text[at : at + 1] != "]":
        line += text.count("\n", counted, min(at, last))
        counted = at
        value, at = _decode(path, text, at, line)
        yield line, _checked(path, value, line)
        at = _skip_space(text, at)
        if text[at : at + 1] == ",":
            at = _skip_space(text, at + 1)
        elif text[at : at + 1] != "]":
            found = shown(text[at : at + 30]) if at < len(text) else "the end of the file"
            end = min(at, len(text.rstrip()))
            raise InputError(
                path, "',' or ']' in the JSON list", found, line + text.count("\n", counted, end)
            )
    if _skip_space(text, at + 1) < len(text):
        found = f"more text after it ({shown(text[at + 1 :].strip(), 30)})"
        end = _skip_space(text, at + 1)
        raise InputError(path, "one JSON list", found, line + text.count("\n", counted, end))


def _skip_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _decode(path: Path, text: str, at: int, line: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        message = error.msg[0].lower() + error.msg[1:]
        found = f"{shown(text[at:].strip())}, which is not JSON ({message}, column {error.colno})"
        line += text.count("\n", at, min(error.pos, len(text.rstrip())))  # cut short: where its text ends
    except _RepeatedKey as error:
        found = f"key {shown(str(error))} twice in one object"
    except RecursionError:
        found = "JSON nested too deep"
    except ValueError:  # Python refuses to read a whole number of thousands of digits
        found = "a number too long to read"
    raise InputError(path, OBJECT, found, line)


def _checked(path: Path, value: Any, line: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        kind = "a JSON list" if isinstance(value, list) else displayed(value)
        raise InputError(path, OBJECT, kind, line)
    return value
