"""Graders that compare texts: `exact`, `choice` and `regex`.

Two texts are the same after Unicode normalisation (NFC: one code for one character, but 10² stays
apart from 102), with each run of white space as one space, without the case, without a full stop at the
end, and without Markdown, quotation marks or `\\text{}` around them."""

import re
import unicodedata
from collections.abc import Sequence

import regex

from stat_engine.config import GraderConfig
from stat_engine.errors import StatError, shown
from stat_engine.grading.answers import answering_part, last_boxed, tagged
from stat_engine.grading.grader import AnswerGrader, Graded
from stat_engine.records import Question

_ANNOUNCED = re.compile(
    r"(?:.*\b)?(?:final answer|answer|choice|option)[*_`]*\s*(?:is|:|=|\s[-–—]\s)+[*_`]*\s*(\S.*)"
    r"|####\s*(\S.*)",
    re.IGNORECASE,
)
_FONT = re.compile(
    r"\\(?:(?:text|math)[a-z]{0,7}|boldsymbol|bm|emph|operatorname)\s*(?=\{)|\\[mhf]box\s*(?=\{)|\\boxed\s*(?=\{)"
)
_MARKUP = re.compile(r"[*_`$~]|\\[()\[\]]|\\[,;: ]")
_AROUND = re.compile(
    r"\*\*(.+)\*\*|__(.+)__|\*(.+)\*|`(.+)`|\"(.+)\"|“(.+)”|'(.+)'|\$(.+)\$|\\\((.+)\\\)"
    r"|\\(?:text|mathrm|mbox|textbf|mathbf|textit|textrm)\s*\{([^{}]+)\}",
    re.DOTALL,
)
_LETTER = r"[\[({<]*([A-Z])[\])}>]*(?![\w'’])"
_BARE = re.compile(rf"{_LETTER}\W*", re.IGNORECASE)
"""A letter and nothing else, in brackets or not: there a small one will do."""
_SETTLED = re.compile(
    r"(?:(?i:answer|choice|option|letter)(?:\s+(?i:would|must|should|will))?\s*(?i:is|be|:|=|：)|答案\s*[是为：:]|(?:故|应)?选择?\s*[：:]?|(?i:antwort|respuesta|réponse|resposta|risposta)\s+(?:ist|lautet|es|est|é|è)\b"
    r"|\b(?i:go with|choose|pick|select|opt for)\b)[\s:=：]*"
    r"(?:(?i:clearly|actually|therefore|simply|indeed|definitely|thus|just|option|choice|answer)\s+)*"
    rf"(?!I [a-z])(?!A [a-z]){_LETTER}"
)
_CLAUSE = r"(?:.*[.,!?;]\s+|\s*)"
_HENCE = r"(?i:therefore|thus|hence|so|consequently|it['’]s|it is|it must be|that leaves)\b[,:]?\s*"
_CONCLUDED = re.compile(rf"{_CLAUSE}{_HENCE}{_LETTER}\W*")
_JUDGED = re.compile(rf"{_CLAUSE}(?:{_HENCE})?{_LETTER} is (?:the )?(?:correct|right|best|answer)\b.*")
_NOT_BUT = re.compile(r"\bnot\s+\(?[A-Z]\)?,?\s+but\s+(?:rather\s+)?")
_NAMED = re.compile(r"(?i:option|choice|letter)\s+")
_LISTED = re.compile(r"\(([A-Z])\)|^\s*([A-Z])[.):](?!\w)|(?i:\boption|\bchoice)\s+([A-Z])\b", re.MULTILINE)


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


class ChoiceGrader(AnswerGrader):
    """`choice`: the letter that a response settles on, the last where it names several."""

    def grade(self, items: Sequence[tuple[str, Question]]) -> list[Graded]:
        """Right where the letter is the reference's. Raises StatError for a reference that is no letter."""
        return [self._graded(self.extract(text), question) for text, question in items]

    def extract(self, text: str) -> str | None:
        """The letter, as a capital: in `<answer>` or the last \\boxed{}, else after the last "answer is",
        else alone on the last line or behind its "therefore", else the last of (B), "option B" and B. at a
        line's start."""
        text = answering_part(text)
        marked = tagged(text) or last_boxed(text)
        if marked is not None and (letter := _letter(marked)):
            return letter
        text = _NOT_BUT.sub("", _without_markup(text))
        if settled := _SETTLED.findall(text):
            return str(settled[-1])
        last = final_text(text)  # behind "answer is" a small letter counts only where nothing follows it
        if not last:
            return _listed(text)
        concluded = _CONCLUDED.fullmatch(last[-10_000:]) or _JUDGED.fullmatch(last[-10_000:])
        return _bare(_NAMED.sub("", last, count=1)) or (concluded[1] if concluded else None) or _listed(text)

    def agree(self, one: str | None, other: str | None) -> bool:
        """The same letter."""
        return one is not None and one == other

    def _graded(self, letter: str | None, question: Question) -> Graded:
        if question.answer is None:
            return Graded(letter, None, NO_REFERENCE)
        reference = _letter(question.answer)
        if reference is None:
            raise StatError(
                f"question {shown(question.id)}: found reference answer {shown(question.answer)}, "
                "expected one letter, as grader choice compares them"
            )
        if letter is None:
            return Graded(letter, False, NO_ANSWER)
        return Graded(letter, letter == reference, "same letter" if letter == reference else "another letter")


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


def _without_markup(text: str) -> str:
    return _MARKUP.sub("", _FONT.sub("", text))


def _letter(text: str) -> str | None:
    text = _without_markup(text).strip("{} \n")
    return _bare(text) or _listed(text)


def _bare(text: str) -> str | None:
    found = _BARE.fullmatch(text)
    return found[1].upper() if found else None


def _listed(text: str) -> str | None:
    found = _LISTED.findall(text)
    return next(filter(None, found[-1])) if found else None
