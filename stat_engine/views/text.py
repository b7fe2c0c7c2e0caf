"""Question and model text, escaped for a page; every page uses this module for such text.

Streamlit renders Markdown, so everything that Markdown or HTML would read as markup is escaped. Formulas
become the form that renders, or code where they would not; money keeps its dollar. `tex.py` reads TeX.
Step rewards are formatted here too."""

import re
from typing import Literal, NamedTuple

import pandas as pd

from stat_engine.config import DifficultyConfig
from stat_engine.views import tex
from stat_engine.views.tex_cells import as_characters

MAX_CHARACTERS = 8000
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&@=/])")
_STEPS = re.compile(r"\bsteps?\s*\[?\d+\]?(?:(?:\s*(?:,|and|or|to|&|-|–)\s*)+\[?\d+\]?)*", re.IGNORECASE)
_CLOSED = "\n$$\n\n"
_CUT = " … (cut)"
_LAYOUTS = "itemize|enumerate|description|center|flushleft|flushright|minipage|quote|document|figure"
_BREAKS = "item|newline|par|smallskip|medskip|bigskip|noindent|centering|hfill"
_COMMAND = re.compile(
    r"\\(?P<style>textbf|textit|emph|underline|textrm|textsc|text|mbox|texttt)\{(?P<styled>[^{}]*)\}|"
    rf"\\(?:(?P<layout>{_BREAKS})(?![A-Za-z])|(?P<around>begin|end)\{{(?:{_LAYOUTS})\}})(?:\[[^\]\n]*\])? ?|"
    r"\\\\(?P<end>\[\d+\w*\]|(?=\s|\Z))|\\(?P<sign>[$%&#_{} ])|"
    r"(?P<run>(?:(?<!\S)(?:[^\s\\{}]|\{[^{}]*\})+)?\\[A-Za-z]+(?:\\[A-Za-z,;!:]|[^\s\\{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)"
)


class Block(NamedTuple):
    """A part of a text: Markdown, or the source of an Asymptote drawing, which is code."""

    kind: Literal["markdown", "drawing"]
    text: str


def blocks(text: str) -> list[Block]:
    """Text as Markdown that shows it as it is, its formulas rendered, its drawings as code.

    Capped at MAX_CHARACTERS. Display formulas stand on lines of their own."""
    is_long = len(text) > MAX_CHARACTERS
    found: list[Block] = []
    shown = ""
    for one in tex.segments(text[:MAX_CHARACTERS].strip()):
        if one.kind == "drawing":
            found += [Block("markdown", shown)] * bool(shown.strip()) + [Block("drawing", one.text)]
            shown = ""
            continue
        shown = _joined(shown, _prose(one.text) if one.kind == "prose" else _formula(one.text, one.kind))
    shown += _CUT if is_long else ""
    return found + [Block("markdown", shown)] * bool(shown)


def as_markdown(text: str) -> str:
    """The blocks of a text as one piece of Markdown, for places that cannot fold a drawing."""
    shown = ""
    for block in blocks(text):
        shown += block.text if block.kind == "markdown" else _code(block.text, "Asymptote drawing")
    return shown


def answer(text: str) -> str:
    """An answer as Markdown on one line: TeX without dollars is a formula too."""
    line = " ".join(text.split())
    if not any(one.kind != "prose" for one in tex.segments(line)) and re.search(
        r"\\[A-Za-z!,;: $%]|[\^_]", line
    ):
        formula = tex.katex(line)
        if formula and not re.search(r"[A-Za-z]{3,}[ _]", re.sub(r"\\[a-z]+(\{[^{}]*\})?", "", line)):
            return f"${formula}$"
    return _inline(line)


def highlighted(text: str, quote: str) -> str:
    """Text as `as_markdown` shows it, the first place where the quote stands on a coloured ground.

    A quote that starts or ends inside a formula is widened to the whole formula."""
    quote = quote.strip()
    start = text.find(quote) if quote else -1
    end = start + len(quote)
    for one in tex.segments(text) if start >= 0 else ():
        if one.kind != "prose" and one.start < end and one.end > start:
            start, end = min(start, one.start), max(end, one.end)
    if start < 0 or end > MAX_CHARACTERS:
        return as_markdown(text)
    before, after = text[:start], text[end:]
    room = MAX_CHARACTERS - end
    lines = [line for part in text[start:end].split("\n\n") for line in _inline(part).split("  \n")]
    marked = "  \n".join(f":orange-background[{line}]" if line else "" for line in lines)
    rest = as_markdown(after[:room]) + (_CUT if len(after) > room else "")
    return as_markdown(before) + _gap(before, before.rstrip()) + marked + _gap(after, after.lstrip()) + rest


def plain(name: str) -> str:
    """A skill's or subject's name for a label: underscores to spaces, first letter capital."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def clipped(text: str, limit: int = 140) -> str:
    """The text on one line, at most `limit` characters, for a table's cell: TeX as characters."""
    return one_line(as_characters(text[:MAX_CHARACTERS]), limit)


def one_line(text: str, limit: int = 140) -> str:
    """The text as it stands, on one line of at most `limit` characters: commands, messages, file names."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
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
    """A teacher's reason as Markdown, with the pages' step numbers: these count from 1, teachers from 0."""
    return as_markdown(_STEPS.sub(lambda found: re.sub(r"\d+", _next, found.group()), reason))


def _next(number: "re.Match[str]") -> str:
    return str(int(number.group()) + 1) if len(number.group()) < 5 else number.group()


def _plain(text: str) -> str:
    first, *rest = _MARKUP.sub(r"\\\1", text).split("\n")
    # spaces in front of a line would make a code block; two at its end keep the line break
    return "  \n".join([first, *(line.lstrip() for line in rest)])


def _prose(text: str) -> str:
    """Prose with its TeX: styles and lists as Markdown has them, bare formulas rendered, the rest escaped."""
    parts, at = [], 0
    for found in _COMMAND.finditer(text):
        parts += [_plain(text[at : found.start()]), _command(found)]
        at = found.end()
    return "".join([*parts, _plain(text[at:])])


def _command(found: "re.Match[str]") -> str:
    style, layout, sign = found.group("style"), found.group("layout"), found.group("sign")
    if style:
        mark = {"textbf": "**", "textit": "*", "emph": "*"}.get(style, "")
        styled = found.group("styled")
        return f"{mark}{_prose(styled)}{mark}" if styled.strip() == styled and styled else _prose(styled)
    if layout or found.group("around"):
        return {"item": "  \n• ", "hfill": " "}.get(layout or "", "  \n")
    if sign:
        return sign if sign == " " else f"\\{sign}"
    run = found.group("run")
    if run is None:
        return "  \n"
    if tex.OUTSIDE.search(run):
        return _plain(run)
    bare = run.rstrip(".,;:")
    formula = tex.katex(bare)
    return (f"${formula}$" if formula else _code_span(bare)) + _plain(run[len(bare) :])


def _formula(inner: str, kind: str) -> str:
    """A formula in the form that renders; code where there is none, escaped where it would link."""
    if tex.OUTSIDE.search(inner):
        return _plain(f"\\({inner}\\)" if kind == "inline" else f"\\[{inner}\\]")
    formula = tex.katex(inner)
    is_block = kind == "display" or tex.is_displayed(inner)
    if formula is None:
        return _code(inner, "TeX") if is_block else _code_span(inner)
    return f"\n\n$$\n{formula}\n$$\n\n" if is_block else f"${formula}$"


def _inline(text: str) -> str:
    """As `as_markdown`, with everything in the line."""
    shown = ""
    for one in tex.segments(text):
        formula = None if one.kind == "drawing" else tex.katex(one.text)
        if one.kind == "prose":
            piece = _prose(one.text)
        elif tex.OUTSIDE.search(one.text):
            piece = _formula(one.text, "inline")
        elif formula is None or "\\tag" in formula:
            piece = _code_span(one.text)
        else:
            piece = f"$\\displaystyle {formula}$" if one.kind == "display" else f"${formula}$"
        shown = _joined(shown, piece)
    return shown


def _joined(shown: str, piece: str) -> str:
    """Both in a row: a display formula takes the sentence's full stop, and two formulas stay two.

    Streamlit takes a dollar with a digit behind it for money, so a formula ends before one."""
    if shown.endswith(_CLOSED):
        piece = piece.lstrip()
        if found := re.match(r"\\?([.,;:])(?=\s|$)", piece):
            rest = piece[found.end() :].lstrip()
            return f"{shown.removesuffix(_CLOSED)}{found[1]}{_CLOSED}{rest}"
    is_formula = shown.endswith("$") and not shown.endswith("\\$")
    is_near = is_formula and piece[:1] in tuple("$0123456789")
    return f"{shown}\u200b{piece}" if is_near else shown + piece


def _code(source: str, label: str) -> str:
    """The source as a code block under its label; the fence is longer than any in the source."""
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", source)), default=0))
    return f"\n\n*{label}*\n\n{fence}text\n{source.strip(chr(10))}\n{fence}\n\n"


def _code_span(source: str) -> str:
    line = " ".join(source.split())
    fence = "`" * (1 + max(map(len, re.findall(r"`+", line)), default=0))
    return f"{fence} {line} {fence}"


def _gap(text: str, stripped: str) -> str:
    """What a page shows for a stripped end of the text: nothing, a space or a line's end."""
    lost = text.replace(stripped, "", 1) if stripped else text
    return "  \n" if "\n" in lost else " " if lost else ""
