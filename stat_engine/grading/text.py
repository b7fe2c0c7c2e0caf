"""Graders that compare texts: `exact`, `choice` and `regex`.

Two texts are the same after Unicode normalisation (NFC: one code for one character, but 10² stays
apart from 102), with each run of white space as one space, without the case, and without a full
stop at the end."""

import re
import unicodedata
from collections.abc import Sequence

from stat_engine.errors import StatError, shown
from stat_engine.grading.answers import last_boxed
from stat_engine.grading.grader import Graded
from stat_engine.records import Question

_ANNOUNCED = re.compile(
    r"(?:.*\b)?(?:final answer|answer|choice|option)\s*(?:is|:|=)+\s*(\S.*)|####\s*(\S.*)", re.IGNORECASE
)
_MARKUP = re.compile(r"[*_`$]|\\text(?:bf)?(?=\{)")
_LETTER = r"[\[({]*([A-Z])[\])}]*(?![\w'’])"
_BARE = re.compile(rf"{_LETTER}\W*", re.IGNORECASE)
"""A letter and nothing else, in brackets or not: there a small one will do."""
_SETTLED = re.compile(
    r"(?i:answer|choice|option)(?:\s+(?i:would|must|should|will))?\s*(?i:is|be|:|=)[\s:=]*"
    rf"(?:(?i:option|choice)\s+)?(?!I [a-z]){_LETTER}"
)
_LISTED = re.compile(r"\(([A-Z])\)|^\s*([A-Z])[.):](?!\w)|(?i:\boption|\bchoice)\s+([A-Z])\b", re.MULTILINE)


def same(one: str, other: str) -> bool:
    """Whether two texts are the same, as this module's head has it."""
    return _plain(one) == _plain(other)


def final_text(response: str) -> str | None:
    """What the last non-empty line says, without "Answer:" or `####` before it; a last \\boxed{} wins."""
    boxed = last_boxed(response)
    if boxed:
        return boxed
    line = next((line.strip() for line in reversed(response.splitlines()) if line.strip()), None)
    found = _ANNOUNCED.fullmatch(line[:10_000]) if line is not None else None
    return (found[1] or found[2]).strip() if found else line


class ExactGrader:
    """`exact`: the final text is that of the reference; a reference of several lines is held against all."""

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
            return Graded(answer, None)
        return Graded(answer, answer is not None and (same(answer, reference) or same(text, reference)))


class ChoiceGrader:
    """`choice`: the letter that a response settles on, the last where it names several."""

    def grade(self, items: Sequence[tuple[str, Question]]) -> list[Graded]:
        """Right where the letter is the reference's. Raises StatError for a reference that is no letter."""
        return [self._graded(self.extract(text), question) for text, question in items]

    def extract(self, text: str) -> str | None:
        """The letter, as a capital: in the last \\boxed{}, else after the last "answer is", else alone on the
        last line, else the last of (B), "option B" and B. at a line's start."""
        boxed = last_boxed(text)
        if boxed is not None and (letter := _letter(boxed)):
            return letter
        text = _MARKUP.sub("", text)
        if settled := _SETTLED.findall(text):
            return str(settled[-1])
        last = final_text(text)  # behind "answer is" a small letter counts only where nothing follows it
        return (_bare(last) if last else None) or _listed(text)

    def agree(self, one: str | None, other: str | None) -> bool:
        """The same letter."""
        return one is not None and one == other

    def _graded(self, letter: str | None, question: Question) -> Graded:
        if question.answer is None:
            return Graded(letter, None)
        reference = _letter(question.answer)
        if reference is None:
            raise StatError(
                f"question {shown(question.id)}: found reference answer {shown(question.answer)}, "
                "expected one letter, as grader choice compares them"
            )
        return Graded(letter, letter == reference)


class RegexGrader:
    """`regex`: what the pattern's group holds at its last match."""

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern)

    def grade(self, items: Sequence[tuple[str, Question]]) -> list[Graded]:
        """Right where the group's text is the reference, or what the pattern finds in the reference."""
        return [self._graded(self.extract(text), question.answer) for text, question in items]

    def extract(self, text: str) -> str | None:
        """The group's text at the last match, trimmed."""
        found = [match[1] for match in self._pattern.finditer(text)]
        return found[-1].strip() if found and found[-1] is not None else None

    def agree(self, one: str | None, other: str | None) -> bool:
        """The same text."""
        return one is not None and other is not None and same(one, other)

    def _graded(self, answer: str | None, reference: str | None) -> Graded:
        if reference is None:
            return Graded(answer, None)
        return Graded(answer, self.agree(answer, reference) or self.agree(answer, self.extract(reference)))


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split()).removesuffix(".").rstrip()


def _letter(text: str) -> str | None:
    text = _MARKUP.sub("", text).strip()
    return _bare(text) or _listed(text)


def _bare(text: str) -> str | None:
    found = _BARE.fullmatch(text)
    return found[1].upper() if found else None


def _listed(text: str) -> str | None:
    found = _LISTED.findall(text)
    return next(filter(None, found[-1])) if found else None
