"""Find the final answer of a response, a solution or a reference.

In this order: the content of `<answer>`, the last boxes, `####`, the text after "answer is" or "Answer:" and
after `A:`, the last number or formula. Text before the end of a thinking block is searched only if nothing
follows it."""

import re
from functools import lru_cache

from stat_engine.grading.answers.answer import is_readable
from stat_engine.grading.answers.cleaning import END, FORMULA, ONLY_NUMBER, clean
from stat_engine.grading.answers.denials import without_denied
from stat_engine.grading.answers.equality import compare
from stat_engine.grading.answers.last_value import last_value
from stat_engine.grading.answers.thoughts import answering_parts

_TAGGED = re.compile(r"<(?:final_?)?answer>(.*?)(?:</(?:final_?)?answer>|\Z)", re.IGNORECASE | re.DOTALL)
_BOX = re.compile(r"\\(?:boxed|fbox|framebox)(?![A-Za-z])\s*")
_ONE_NUMBER = re.compile(r"\\boxed\{(-?\d[\d,./]*)\}")
_THOUSANDS = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_UNBRACED = re.compile(
    r"(-?\d+(?:[.,/]\d+)*|-?\\(?!boxed|fbox|text\b)[A-Za-z]+(?:\s*\{(?:[^{}]|\{[^{}]*\})*\}|\d)*|-?[A-Za-z](?=\s*(?:\$|\\[)\]]|$)))"
)
_BETWEEN = re.compile(
    r"[\s$]*(?:\\[)\]])?[\s$]*(?P<sign>[+/:,;]|(?:[,;]\s*)?(?:and|or|&|\\text\{\s*(?:and|or)\s*\}))"
    r"(?:[\s$~]|\\[,; ]|\\q?quad)*"
    r"(?:\\[(\[])?[\s$]*(?:(?P<name>[A-Za-z])\s*=[\s$]*)?"
)
_NAMED = re.compile(r"(?<![A-Za-z\\])([A-Za-z])\s*=[\s$]*\Z")
_NOT_SAID = r"(?:\s+(?:to|for|of|in)\b[^.\n:=]{0,80}?|\s*\([^()\n]{0,40}\))?"
_ANNOUNCED = re.compile(
    rf"(?:\banswers?\b{_NOT_SAID}[\s*_`]*"
    r"(?:(?:is|are|would be|should be|must be|will be|equals)\b(?!\s+not\b)|[:=]|：)"
    r"|final answer\s*[-–—]\s|答案\s*(?:是|为|：|:))(?:[\s*_:=：]|`(?!``))*"
    r"|^[\s#*_>]*(?:the\s+)?final answer[\s*_]*\n[\s*_]*|^\s*[#*_>]+\s*answer[ *_]*\n[\s*_]*",
    re.IGNORECASE | re.MULTILINE,
)
_SPOKEN = re.compile(r"^\s*A:[^\S\n]*(\S.*)$", re.MULTILINE)
_FENCE = re.compile(r"```[A-Za-z]*\s*\n?(.*?)(?:```|\Z)", re.DOTALL)
_DISPLAY = re.compile(
    r"\\\[((?:[^\\]|\\(?![\[\]]))+)\\\]|\$\$([^$]+)\$\$|\\begin\{(?:equation|align|gather)\*?\}(.+?)\\end\{",
    re.DOTALL,
)
_STOP = re.compile(
    r"[.;!?](?=\s+[A-Z\"“(\[*\\$])|(?<!\.)[.;!?](?=\s*$)"
    r"|。|[.;,]?\s+(?=(?:because|since|so that|which|where|as)\b)"
    r"|,\s+(?!(?:and|or)\b)(?=[a-z]{2,}\b)|,\s+and\s+(?=(?:it|this|that|we|he|she|they|there)\b)"
    r"|\s+(?=\\boxed)|\s*ки\b|\s*<\|[^>]*>|\s*</?s>"
)
_PROSE = re.compile(
    r"(?!\\|(?:USD|EUR|GBP|both|either)\b|.*\b(?:less|more|least|most|greater|fewer|between|under|over|below|above"
    r"|up to|not|no|divisible by)\b[^\d]{0,12}\d)[A-Za-z]{3,}[ ,]+[^=]*?[A-Za-z]{2,}[ ,][^=]*\d"
)
"""A sentence of two words or more before its number."""
_TOLD = re.compile(
    r"(?:the|its|their|so the|thus the)\s.*\s(?:is|are|equals)\s+((?!not\b)\S.*)", re.IGNORECASE
)
"""A sentence that says what its value is: the smallest n is n = 10."""
_SPACE_BEHIND = re.compile(r"(?<!\\)\\\s+$")
_LONG = 200
"""Characters of an answer that is looked at for prose."""
_HEADING = re.compile(
    r"[\s*_]*(?:step|part|case|solution|explanation|verification|check|conclusion|note|summary|method)\b",
    re.IGNORECASE,
)
"""Of a section, where #### is Markdown."""


def extract(response: str) -> str | None:
    """The final answer of a response; None if it has none."""
    for part in answering_parts(response):
        found = _extract(part)
        if found is not None:
            return found
    return None


def tagged(text: str) -> str | None:
    """The content of the last `<answer>`, without a box around it; None if there is none."""
    found = _TAGGED.findall(text) if "nswer>" in text or "NSWER>" in text else []
    if not found or not found[-1].strip():
        return None
    return last_boxed(found[-1]) or str(found[-1]).strip()


@lru_cache(maxsize=1 << 14)
def reference(text: str | None) -> str | None:
    """The final answer in a reference: in a box, after `####` or "answer is", else the whole text.

    Used for the answers of public data sets, for the targets of lm-evaluation-harness and when grading."""
    if text is None or text.isdecimal():
        return text
    if not text.strip():
        return None
    if "<answer>" in text or "\\boxed" in text or "\\fbox" in text or "\\framebox" in text or "####" in text:
        found = _marked(text)
        if found is not None:
            return found.replace(",", "") if _THOUSANDS.fullmatch(found) else found
    announced = _announced(text) if "nswer" in text else None
    return announced if announced is not None else (clean(text) or None)


def last_boxed(text: str) -> str | None:
    """The content of the last box, or of the last boxes joined by a word or sign; None without a box."""
    start = text.rfind("\\boxed{")
    if start >= 0:  # most responses: one box with a number in it
        found = _ONE_NUMBER.match(text, start)
        if found and text.find("boxed") == start + 1 and "\\f" not in text:
            return found[1]
    boxes = _boxes(text)
    if not boxes:
        return None
    at = len(boxes) - 1
    joined = boxes[at][2]
    while at and (between := _BETWEEN.fullmatch(text, boxes[at - 1][1], boxes[at][0])):
        named = _NAMED.search(text, max(boxes[at - 1][0] - 20, 0), boxes[at - 1][0])
        if between["name"] and not named:
            break
        at -= 1
        is_same_name = named is not None and named[1] == between["name"]
        is_or = re.search(r"\bor\b", between["sign"]) is not None
        if (is_or or is_same_name) and compare(boxes[at][2], joined).is_correct:
            continue  # 1/2 or 0.5: one value in two forms
        sign = between["sign"] if between["sign"] in "+/:" else ", "
        joined = f"{boxes[at][2]}{sign}{joined}"
    return joined


def _extract(text: str) -> str | None:
    text = without_denied(text)
    found = _marked(text)
    if found is None and ("nswer" in text or "NSWER" in text or "答案" in text):
        found = _announced(text)
    if found is None and "A:" in text:
        spoken = _SPOKEN.findall(text)
        found = _phrase(spoken[-1]) if spoken else None
    return found if found is not None else last_value(_before_open_box(text))


def _before_open_box(text: str) -> str:
    """The text before a box that is not closed: part of its content is no answer."""
    at = text.rfind("\\boxed{")
    return text if at < 0 or at + 6 in _closings(text, {at + 6}) else text[:at]


def _marked(text: str) -> str | None:
    """The content of an answer's tags, of the last box, or of the line after the last ####."""
    inner = tagged(text)
    if inner is not None:
        return _announced(inner) or clean(inner)
    if "\\" in text:
        boxed = last_boxed(text)
        if boxed is not None:
            return boxed
    at = text.rfind("####")
    if at < 0:
        return None
    line = text[at + 4 :].lstrip("#").split("\n", 1)[0]
    only = ONLY_NUMBER.fullmatch(line)
    if only:
        return only[1]
    if not line.strip() or _HEADING.match(line):
        return None
    return _announced(text[at:]) if "nswer" in line else _phrase(line)


def _boxes(text: str) -> list[tuple[int, int, str]]:
    """(begin, end, content) of each closed box that is not empty; of nested boxes the innermost."""
    begun = list(_BOX.finditer(text))
    closed = _closings(text, {match.end() for match in begun})
    found: list[tuple[int, int, str]] = []
    for match in reversed(begun):
        begin, opening = match.start(), match.end()
        if text[opening : opening + 1] == "{":
            end = closed.get(opening, 0)
            if not end or (found and found[-1][0] < end):  # never closed, or another box is in it
                continue
            content = text[opening + 1 : end - 1]
        else:
            bare = _UNBRACED.match(text, opening)
            content, end = (bare[1], bare.end()) if bare else ("", opening)
        if content.strip():
            found.append((begin, end, _SPACE_BEHIND.sub("", content).strip()))
    return found[::-1]


def _closings(text: str, openings: set[int]) -> dict[int, int]:
    """The position after the closing brace, for each of these opening braces."""
    closed: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACE.finditer(text, min(openings, default=len(text))):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            opening = opened.pop()
            if opening in openings:
                closed[opening] = match.end()
    return closed


def _announced(text: str) -> str | None:
    """The text after the last "answer is" or "Answer:", on its line or on the next line with text."""
    last_line = text.rfind("\n", 0, max(text.rfind("nswer"), 0)) + 1
    matches = list(_ANNOUNCED.finditer(text, last_line))
    if not matches and last_line:
        matches = list(_ANNOUNCED.finditer(text))
    for match in reversed(matches):
        found = _behind(text[match.end() :].lstrip())
        if found:
            return found
    return None


def _behind(rest: str) -> str:
    """The answer at the start of a text: in a code block, in a displayed formula, or on the first line."""
    line = rest.split("\n", 1)[0]
    only = ONLY_NUMBER.fullmatch(line)
    if only:
        return only[1]
    if rest[:3] == "```":
        fence = _FENCE.match(rest)
        return clean(fence[1]) if fence else ""
    display = _DISPLAY.match(rest) if rest[:1] in ("\\", "$") else None
    shown = next(filter(None, display.groups())) if display else line
    if display and "\\\\" not in shown and "\\begin" not in shown:
        shown = shown.replace("&", " ")  # a single line of an alignment
    found = _phrase(shown)
    if _PROSE.match(found[:_LONG]):
        return last_value(found) or found
    told = _TOLD.fullmatch(found) if len(found) <= _LONG else None
    return clean(told[1]) if told and not is_readable(found) and is_readable(told[1]) else found


def _phrase(line: str) -> str:
    """The answer at the start of a line: up to the end of the sentence, or to a clause that explains it."""
    only = ONLY_NUMBER.fullmatch(line)
    if only:
        return only[1]
    line = END.sub("", line)
    if "\\" in line or "$" in line:
        begin = 0
        for formula in FORMULA.finditer(line):  # a full stop in a formula ends no sentence
            stop = _STOP.search(line, begin, formula.start() + 1)
            if stop and stop.end() <= formula.start():
                return clean(line[: stop.start()])
            begin = formula.end()
        stop = _STOP.search(line, begin)
    else:
        stop = _STOP.search(line)
    return clean(line[: stop.start()] if stop else line).strip("\"“”'").strip()
