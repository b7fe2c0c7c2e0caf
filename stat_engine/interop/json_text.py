"""JSON with nothing lost in silence: a key that stands twice in one object is refused, not overwritten."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stat_engine.errors import InputError, shown
from stat_engine.interop.row import displayed

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
    counted = 0
    while text[at : at + 1] != "]":
        line += text.count("\n", counted, at)
        counted = at
        value, at = _decode(path, text, at, line)
        yield line, _checked(path, value, line)
        at = _skip_space(text, at)
        if text[at : at + 1] == ",":
            at = _skip_space(text, at + 1)
        elif text[at : at + 1] != "]":
            found = shown(text[at : at + 30]) if at < len(text) else "the end of the file"
            raise InputError(path, "',' or ']' in the JSON list", found, line + text.count("\n", counted, at))
    if _skip_space(text, at + 1) < len(text):
        raise InputError(path, "one JSON list", f"more text after it ({shown(text[at + 1 :].strip(), 30)})")


def _skip_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _decode(path: Path, text: str, at: int, line: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        message = error.msg[0].lower() + error.msg[1:]
        found = f"{shown(text[at:].strip())}, which is not JSON ({message}, column {error.colno})"
        line += text.count("\n", at, error.pos)
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
