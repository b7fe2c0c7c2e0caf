"""Graders that compare texts: `exact` and `regex`.

Two texts are the same after Unicode normalisation (NFC: one code for one character, but 10² stays
apart from 102), with each run of white space as one space, without the case, without a full stop at the
end or an exclamation mark after a word, without bold marks, and without other Markdown, quotation marks or
`\\text{}` around them."""

import re
import unicodedata
from collections.abc import Sequence

import regex

from stat_engine.config import GraderConfig
from stat_engine.grading.answers import answering_part, last_boxed, stretches, tagged
from stat_engine.grading.grader import AnswerGrader, Graded
from stat_engine.records import Question

_NAMES = r"(?:r[ée]ponse|antwort|respuesta|resposta|risposta|l[öo]sung|ответ|jawaban|antwoord|svar)(?!\w)"
_IS = r"(?:(?:is|ist|est|es|é|è|lautet)(?!\w)|[:：=]|\s[-–—]\s)"
_ANNOUNCED = re.compile(
    rf"(?:.*\b)?(?:answer|choice|option|{_NAMES}(?:\s\w{{4,15}})?)[*_`]*(?:\s*{_IS})+[*_`]*\s*(\S.*)"
    r"|(?:.*\W)?(?:答案|正解|答え)\s*[是为為は：:]+\s*(\S.*)|####\s*(\S.*)",
    re.IGNORECASE,
)
_ANSWER_LINE = re.compile(
    rf"[\s#>*_`]*(?:[-•]\s+)?(?:(?:so|thus|hence|therefore|my|the|la|le|die)[\s,]{{1,3}}){{0,3}}"
    rf"(?:(?:final|correct|short)\s)?(?:answer|{_NAMES}|答案)[*_`]*\s*(?:[:：]|is\b|ist\b|est\b|es\b|是)"
    r"(?!\W*(?:not|let|we|first|to|as|that|i|step|here|see|below|found|given|obtained)\b).*\S.*|####\s*\S.*",
    re.IGNORECASE,
)
"""A line that only tells the answer; an explanation may follow it."""
_HEADING = re.compile(rf"[\s#>*_`]*(?:final\s)?(?:answer|{_NAMES}|答案)[\s*_:：]*", re.IGNORECASE)
_EXPLAINS = re.compile(
    r"[\s#>*_]*(?:explanation|reason(?:ing)?|rationale|justification|note|because|confidence|sources?)\b",
    re.IGNORECASE,
)
_FENCE = re.compile(r"(?:`{3,}|~{3,})\s*[\w+-]*")
_MARKER = re.compile(r"(?:[-*+•]|>)\s+(?![-+.\d])")
_BOLD = re.compile(r"(?<![\w*])\*\*(?=\S)([^*]+)(?<=\S)\*\*(?![\w*])")
_EMPHASISED = re.compile(r"[^*]*\w\W*\s\*\*([^*]+)\*\*[.!]?")
"""A sentence that ends in its only bold words."""
_DOUBT = re.compile(
    r"\b(?:not|never|neither|nor|instead|wrong|incorrect|except|unlike|could|might|may|maybe|perhaps|if|than)\b"
    r"|n['’]t\b|\?",
    re.IGNORECASE,
)
_AROUND = re.compile(
    r"\*\*(.+)\*\*|__(.+)__|\*(.+)\*|`(.+)`|\"(.+)\"|“(.+)”|'(.+)'|\$(.+)\$|\\\((.+)\\\)"
    r"|\\(?:text|mathrm|mbox|textbf|mathbf|textit|textrm)\s*\{([^{}]+)\}"
    r"|<(?:b|strong|i|em|u|code|mark|p)>(.+)</(?:b|strong|i|em|u|code|mark|p)>",
    re.DOTALL | re.IGNORECASE,
)
_EXCLAIMED = re.compile(r"(?<=[^\W\d_]{2})!+\Z")
"""After a word: 5! and n! are factorials."""
NO_ANSWER, NO_REFERENCE, TOO_LONG = "no answer found", "no reference answer", "the time limit was reached"
MOST_CHARACTERS = 10_000
LIMIT_S: float = GraderConfig.model_fields["timeout_s"].default


def same(one: str, other: str) -> bool:
    """Whether two texts are the same, as this module's head has it."""
    return _plain(one) == _plain(other)


def final_text(response: str) -> str | None:
    """What the answer line says ("Answer:", `####`), else the last non-empty line or block of code, without
    Markdown around it and without the mark of a single list item.

    What stands in `<answer>` or in a last \\boxed{} wins; a thinking block before the answer is left out."""
    response = answering_part(response)
    marked = tagged(response) or last_boxed(response)
    if marked:
        return _unwrapped(marked)
    lines = [line.strip() for line in response.splitlines() if line.strip()]
    if not lines:
        return None
    if _FENCE.fullmatch(lines[-1]) and (block := _block(lines)):
        return _told(block[0]) or block[0] if len(block) == 1 else "\n".join(block)
    line = _answer_line(lines)
    told = _told(line)
    if told is not None:
        return told
    if _MARKER.match(line) and sum(bool(_MARKER.match(one)) for one in lines) == 1:
        line = _MARKER.sub("", line, count=1)
    ends = _EMPHASISED.fullmatch(line) if len(line) <= MOST_CHARACTERS and not _DOUBT.search(line) else None
    return ends[1].strip() if ends else _unwrapped(line)


def _block(lines: list[str]) -> list[str]:
    """The lines of the block of code that the last line closes."""
    begins = [at for at, line in enumerate(lines[:-1]) if _FENCE.fullmatch(line)]
    return lines[begins[-1] + 1 : -1] if begins else []


def _answer_line(lines: list[str]) -> str:
    """The last line that tells the answer, else the line between the heading "Answer" and an explanation,
    else the last line."""
    if _told(lines[-1]) is not None:
        return lines[-1]
    explained = False
    for at in range(len(lines) - 1, -1, -1):
        line = lines[at][:MOST_CHARACTERS]
        if _ANSWER_LINE.fullmatch(line):
            return lines[at]
        if explained and at and _HEADING.fullmatch(lines[at - 1]):
            return lines[at]
        explained = explained or bool(_EXPLAINS.match(line))
    return lines[-1]


def _told(line: str) -> str | None:
    """What stands behind "answer is" in a line; None without it."""
    found = _ANNOUNCED.fullmatch(_unwrapped(line)[:MOST_CHARACTERS])
    return _unwrapped(next(filter(None, found.groups())).strip()) if found else None


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
    """`regex`: what the pattern's group holds at its last match after the thinking block; empty is none."""

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
        """The last match in the answering part; no match runs over the end of a thinking block, which a
        pattern may name before its group."""
        part = answering_part(text)
        found = [
            match[1]
            for stretch in stretches(part)
            for match in self._pattern.finditer(stretch, timeout=self._limit_s)
        ]
        if not found and part != text and text.endswith(part):
            begin = len(text) - len(part)
            matches = self._pattern.finditer(text, timeout=self._limit_s)
            found = [match[1] for match in matches if match.start(1) >= begin]
        return (found[-1] or "").strip() or None if found else None

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
    text = " ".join(_BOLD.sub(r"\1", text).split()).removesuffix(".").rstrip()
    return _EXCLAIMED.sub("", text)


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
