"""Graders that compare texts: `exact` and `regex`.

Two texts are the same after Unicode normalisation (NFC: one code for one character, but 10² stays
apart from 102), with each run of white space as one space, without the case, without a full stop at the
end, and without Markdown, quotation marks or `\\text{}` around them."""

import re
import unicodedata
from collections.abc import Sequence

import regex

from stat_engine.config import GraderConfig
from stat_engine.grading.answers import answering_part, last_boxed, tagged
from stat_engine.grading.grader import AnswerGrader, Graded
from stat_engine.records import Question

_ANNOUNCED = re.compile(
    r"(?:.*\b)?(?:final answer|answer|choice|option)[*_`]*\s*(?:is|:|=|\s[-–—]\s)+[*_`]*\s*(\S.*)"
    r"|####\s*(\S.*)",
    re.IGNORECASE,
)
_AROUND = re.compile(
    r"\*\*(.+)\*\*|__(.+)__|\*(.+)\*|`(.+)`|\"(.+)\"|“(.+)”|'(.+)'|\$(.+)\$|\\\((.+)\\\)"
    r"|\\(?:text|mathrm|mbox|textbf|mathbf|textit|textrm)\s*\{([^{}]+)\}",
    re.DOTALL,
)
NO_ANSWER, NO_REFERENCE, TOO_LONG = "no answer found", "no reference answer", "the time limit was reached"
LIMIT_S: float = GraderConfig.model_fields["timeout_s"].default


def same(one: str, other: str) -> bool:
    """Whether two texts are the same, as this module's head has it."""
    return _plain(one) == _plain(other)


def final_text(response: str) -> str | None:
    """What the last non-empty line says, without "Answer:" or `####` before it and Markdown around it.

    What stands in `<answer>` or in a last \\boxed{} wins; a thinking block before the answer is left out."""
    response = answering_part(response)
    marked = tagged(response) or last_boxed(response)
    if marked:
        return _unwrapped(marked)
    line = next((line.strip() for line in reversed(response.splitlines()) if line.strip()), None)
    if line is None:
        return None
    line = _unwrapped(line)
    found = _ANNOUNCED.fullmatch(line[:10_000])
    return _unwrapped((found[1] or found[2]).strip()) if found else line


class ExactGrader(AnswerGrader):
    """`exact`: the final text is that of the reference; a reference of several lines is compared with all."""

    def grade(self, items: Sequence[tuple[str, Question]]) -> list[Graded]:
        """Right where the final text, or the whole response, is the reference."""
        return [self._graded(text, question.answer) for text, question in items]

    def extract(self, text: str) -> str | None:
        """The final text."""
        return final_text(text)

    def agree(self, one: str | None, other: str | None) -> bool:
        """The same text."""
        return one is not None and other is not None and same(one, other)

    def _graded(self, text: str, reference: str | None) -> Graded:
        answer = final_text(text)
        if reference is None:
            return Graded(answer, None, NO_REFERENCE)
        if answer is None:
            return Graded(answer, False, NO_ANSWER)
        is_same = same(answer, reference) or same(text, reference)
        return Graded(answer, is_same, "same text" if is_same else "differs as a text")


class RegexGrader(AnswerGrader):
    """`regex`: what the pattern's group holds at its last match."""

    def __init__(self, pattern: str, limit_s: float = LIMIT_S) -> None:
        self._pattern = regex.compile(
            pattern, regex.V0
        )  # reads patterns as `re` does, and takes a time limit
        self._limit_s = limit_s

    def grade(self, items: Sequence[tuple[str, Question]]) -> list[Graded]:
        """Right where the group's text is the reference, or what the pattern finds in the reference."""
        return [self._graded(text, question.answer) for text, question in items]

    def extract(self, text: str) -> str | None:
        """The group's text at the last match, trimmed; None also where the time limit is reached."""
        try:
            return self._found(text)
        except TimeoutError:
            return None

    def _found(self, text: str) -> str | None:
        found = [match[1] for match in self._pattern.finditer(text, timeout=self._limit_s)]
        return found[-1].strip() if found and found[-1] is not None else None

    def agree(self, one: str | None, other: str | None) -> bool:
        """The same text."""
        return one is not None and other is not None and same(one, other)

    def _graded(self, text: str, reference: str | None) -> Graded:
        try:
            answer = self._found(text)
        except TimeoutError:
            return Graded(None, None, TOO_LONG)
        if reference is None:
            return Graded(answer, None, NO_REFERENCE)
        if answer is None:
            return Graded(answer, False, NO_ANSWER)
        try:
            is_same = self.agree(answer, reference) or self.agree(answer, self._found(reference))
        except TimeoutError:
            return Graded(answer, None, TOO_LONG)
        return Graded(answer, is_same, "same text" if is_same else "differs as a text")


def _plain(text: str) -> str:
    text = _unwrapped(unicodedata.normalize("NFC", text).casefold().strip())
    return " ".join(text.split()).removesuffix(".").rstrip()


def _unwrapped(text: str) -> str:
    """The text without Markdown, quotation marks, dollars or a font around all of it."""
    for _ in range(8):
        core = text[:-1].rstrip() if text.endswith(".") else text
        found = _AROUND.fullmatch(core) if len(core) <= 10_000 else None
        inner = next(filter(None, found.groups())).strip() if found else ""
        if not inner or _is_several(core, inner):
            break
        text = inner
    return text


def _is_several(text: str, inner: str) -> bool:
    """Whether the marks around it close and open again inside: **a** and **b**."""
    mark = text[: text.find(inner)].strip()
    return bool(mark) and not mark.startswith("\\") and (mark in inner or (mark[0] in "“" and "”" in inner))
