"""Question and model text, escaped for a page; every page uses this module for such text.

Streamlit renders Markdown, so everything that Markdown or HTML would read as markup is escaped; LaTeX
between paired delimiters becomes the form that renders; lone dollar signs stay dollar signs. Step rewards
are formatted here too."""

import re
from typing import Literal

import pandas as pd

from stat_engine.config import DifficultyConfig

MAX_CHARACTERS = 8000
_MATH = re.compile(
    r"\\\((?P<round>.+?)\\\)|\\\[(?P<square>.+?)\\\]|\$\$(?P<double>.+?)\$\$|"
    r"(?<![\\$])\$(?P<single>[^\s$](?:[^$\n]*?[^\s$\\])?)\$(?!\d)",
    re.DOTALL,
)
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&@=/])")
_NUMBERED = re.compile(r"\bstep\s*\[?\d", re.IGNORECASE)
_OUTSIDE = re.compile(r"\\(?:href|url|includegraphics|html\w*)\b")


def as_markdown(text: str) -> str:
    """Text as Markdown that shows it as it is, its formulas rendered; capped at MAX_CHARACTERS."""
    is_long = len(text) > MAX_CHARACTERS
    text = text[:MAX_CHARACTERS].strip()
    parts, at = [], 0
    for found in _MATH.finditer(text):
        parts += [_plain(text[at : found.start()]), _formula(found)]
        at = found.end()
    parts.append(_plain(text[at:]))
    return "".join(parts) + (" … (cut)" if is_long else "")


def highlighted(text: str, quote: str) -> str:
    """Text as `as_markdown` shows it, the first place where the quote stands on a coloured ground."""
    quote = quote.strip()
    before, found, after = text.partition(quote) if quote else (text, "", "")
    room = MAX_CHARACTERS - len(before) - len(quote)
    if not found or room < 0:
        return as_markdown(text)
    lines = as_markdown(quote).split("  \n")
    marked = "  \n".join(f":orange-background[{line}]" if line else "" for line in lines)
    rest = as_markdown(after[:room]) + (" … (cut)" if len(after) > room else "")
    return as_markdown(before) + _gap(before, before.rstrip()) + marked + _gap(after, after.lstrip()) + rest


def plain(name: str) -> str:
    """A skill's or subject's name for a label: underscores to spaces, first letter capital."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def clipped(text: str, limit: int = 140) -> str:
    """The text on one line, at most `limit` characters, for a table's cell."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet would calculate."""


def as_csv(frame: pd.DataFrame) -> str:
    """A frame as CSV in which no text is a formula: an apostrophe stands before what would begin one.

    Numbers, and texts that are numbers, stay as they are."""
    safe = frame.map(_no_formula)
    safe.columns = [_no_formula(name) for name in frame.columns]
    return str(safe.to_csv(index=False))


def _no_formula(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")  # a bare carriage return would begin a row
    if not value.lstrip(" \ufeff").startswith(FORMULA):
        return text
    try:
        float(value)
    except ValueError:
        return f"'{text}"
    return text


def reward_colour(reward: float, config: DifficultyConfig) -> Literal["red", "orange", "blue"]:
    """One scale for rewards everywhere: red at or below tau2, orange at or below tau1, blue above."""
    return "red" if reward <= config.tau2 else "orange" if reward <= config.tau1 else "blue"


def reason_words(reason: str) -> str:
    """A teacher's reason as Markdown. Pages count steps from 1, teachers are shown them from 0."""
    return as_markdown(reason) + (" (the teacher counts steps from 0)" if _NUMBERED.search(reason) else "")


def _plain(text: str) -> str:
    first, *rest = _MARKUP.sub(r"\\\1", text).split("\n")
    # spaces in front of a line would make a code block; two at its end keep the line break
    return "  \n".join([first, *(line.lstrip() for line in rest)])


def _formula(found: "re.Match[str]") -> str:
    inner = next(group for group in found.groups() if group is not None)
    if _OUTSIDE.search(inner) or "$" in inner:
        return _plain(found.group())
    inner = " ".join(inner.split())
    is_display = found.group("square") is not None or found.group("double") is not None
    return f"$\\displaystyle {inner}$" if is_display else f"${inner}$"


def _gap(text: str, stripped: str) -> str:
    """What a stripped end of the text comes to on a page: nothing, a space or a line's end."""
    lost = text.replace(stripped, "", 1) if stripped else text
    return "  \n" if "\n" in lost else " " if lost else ""
