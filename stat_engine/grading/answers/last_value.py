"""The last value of a text that marks no answer: its last number or formula."""

import re
import unicodedata

from stat_engine.grading.answers.answer import is_readable
from stat_engine.grading.answers.cleaning import FORMULA, ONLY_NUMBER, clean
from stat_engine.grading.answers.expressions import whole_around
from stat_engine.grading.answers.phrases import computed_from, worded

_POWER = r"(?:\s?\^\s?(?:\{\s*[-−–+]?\d+\s*\}|\(?[-−–+]?\d+\)?))"
_NUMBER = re.compile(
    r"(?<![\w^_.,\\])(?:(?<![)\]}%])(?:[-−–+]\s?\$?|\$[-−])(?=[\d.]))?"
    r"(?:\d{1,3}(?:(?:,\d{3})+|(?: \d{3})+(?![.,]\d))(?!\d)|\d+|(?=\.\d))(?:\.\d+)?"
    rf"(?:[eE][-+]?\d+\b|:\d\d\b|\s?[x×*·]\s?10{_POWER}|{_POWER}|\s\d+/\d+(?!\d)|/\d+(?:,\d{{3}})*)?(?:\s?%)?"
    r"(?:\s(?:hundred|thousand|million|billion|trillion)\b)?"
)
_NOTHING = re.compile(
    r"\b(no (?:real |integer |positive )?solutions?|does not exist|infinitely many(?: solutions)?)\b"
    r"[^.\n]{0,40}[.!\s$*]*\Z"
)
_LAST = 80
"""Characters of a text in which its last sentence is searched for such words."""
_REMARK = re.compile(
    r"(?<!\s)\s{0,3}\((?:since|because|as|note|where|not)\b[^()]{0,200}\)\s{0,3}\.?\s{0,9}\Z"
)
"""A remark in brackets at the end, which gives a reason."""
_REFERRED = re.compile(
    r"(?:^\W*|\b(?:see|from|by|using)\s+(?:the\s+)?)(?:step|question|problem|exercise|equation)\s+[#(]?\Z",
    re.IGNORECASE,
)
"""Words before the number of a step or a question, which is no answer."""
_LISTED = re.compile(
    r"\b(?:are|solutions|roots|values|answers|numbers|zeros):?\s+((?:-?[\d.]+,\s*)*-?[\d.]+,?\s+(?:and|or)\s+)\Z"
)
"""The numbers of a list before the last one: the roots are 2 and 3."""
_VULGAR = re.compile("[¼-¾⅐-⅞]")
_OPENED, _CLOSED = re.compile(r"[(\[{][^()\[\]{}]{0,60},[^()\[\]{}]{0,60}\Z"), re.compile(r"\s?[)\]}]")
"""The brackets of a point, an interval or a set around its last number."""
_GLUED = re.compile(r"[A-Za-zπ√²³¹⁰⁴-⁹⁻^(/*]|!(?=\S)")
"""Characters next to a number that make it part of a formula."""
_ANY_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:/\d+)?")
_INDEXED = re.compile(r"[A-Za-z]_\{?\d+\}?")
"""A variable with an index, as in x_3: the index is no answer."""
_COMMAND = re.compile(r"\\[A-Za-z]+")
_JOINED = re.compile(r"\s*(?:,?\s*(?:and|or))\s*")
_JOINED_ON = re.compile(r"\s*(?:,|,?\s*(?:and|or))\s*")
_SENTENCE = re.compile(r"\s*(?:[A-Za-z]{2}|[A-Za-z],? [A-Za-z]|$)")
_SHORT = 60
"""Characters of a text that may be an answer and nothing else."""
_AROUND = ".,;:?*_`\"'“”$ "
_TRAILING = ".,;:!?。 \n\t"


def last_value(text: str) -> str | None:
    """The last number, or the last formula if it contains the last number; the whole text if it is short."""
    if not text.isascii():
        text = _VULGAR.sub(
            lambda found: f" {unicodedata.normalize('NFKC', found[0]).replace('⁄', '/')}", text
        )
    if len(text) <= _SHORT:
        only = ONLY_NUMBER.fullmatch(text)
        if only:
            return only[1]
        if _is_answer(text):
            return clean(text)
    if text.rstrip(". \n")[-1:] == ")":
        text = _REMARK.sub("", text)
    number = _said(text)
    if number is not None:
        return number
    for line in reversed(text.splitlines()):
        if any(map(str.isdigit, line)):
            number = _last_number(line)
            if number is not None:
                break
    if number == "" or ("\\" not in text and "$" not in text):
        return number or None
    formulas = [match for match in FORMULA.finditer(text) if _says_something(match[0])]
    if not formulas:
        return number if number is None or "\\" not in text else _whole_run(text, number)
    at = len(formulas) - 1
    if any(map(str.isdigit, text[formulas[at].end() :])):
        return number
    joined = _JOINED
    while at and joined.fullmatch(text, formulas[at - 1].end(), formulas[at].start()):
        joined = _JOINED_ON  # a comma joins the others: x, y, and z
        at -= 1
    begin = formulas[at].start()
    computed = computed_from(text, begin)
    begin = begin if computed is None else computed
    return clean(text[begin : formulas[-1].end()]).strip(_TRAILING) or number


def _said(text: str) -> str | None:
    """The words of a last sentence that says that there is no value; None for other texts."""
    found = _NOTHING.search(text[-_LAST:]) if "no" in text or "many" in text else None
    return found[1] if found and not any(map(str.isdigit, found[0])) else None


def _is_answer(text: str) -> bool:
    """Whether the whole text is one value: 3/4, x^2 + 1, 42 cm."""
    plain = clean(text)
    if "\n" in plain:
        return False
    return (
        worded(plain) is not None
        or plain[:8].lower() == "all real"
        or (not _SENTENCE.match(plain) and is_readable(plain))
    )


def _says_something(formula: str) -> bool:
    return any(map(str.isdigit, formula)) or bool(_COMMAND.search(formula[2:-2]))


def _last_number(line: str) -> str | None:
    """The last number of a line, with the characters next to it if they make a formula: 5x, sqrt(3)."""
    matches = [match for match in _NUMBER.finditer(line) if match[0].strip()]
    while matches and _REFERRED.search(line, 0, matches[-1].start()):
        line = line[: matches.pop().start()]
    if not matches:
        others = list(_ANY_NUMBER.finditer(line))
        if not others:
            return None
        run = _run(line, others[-1].start(), others[-1].end()).strip(_AROUND)
        return run if _INDEXED.fullmatch(run) or ("^" in run and is_readable(run)) else others[-1][0]
    match = matches[-1]
    found = match[0].strip().replace("$", "")
    computed = computed_from(line, match.start())
    listed = _LISTED.search(line, 0, match.start())
    computed = listed.start(1) if listed else computed
    if computed is not None:
        return line[computed : match.end()].replace("$", "").strip()
    whole = whole_around(line, match.start(), match.end())
    if whole is not None:
        return whole
    before = line[max(match.start() - 1, 0) : match.start()]
    closed = _CLOSED.match(line, match.end())
    opened = _OPENED.search(line, 0, match.start()) if closed else None
    if closed and opened and is_readable(line[opened.start() : closed.end()]):
        return line[opened.start() : closed.end()]
    if not _GLUED.match(before) and not _GLUED.match(line, match.end()):
        return found
    run = _run(line, match.start(), match.end()).strip(_AROUND)
    return run if is_readable(run) else found


def _whole_run(text: str, number: str) -> str:
    """The run of text around the last number if it is LaTeX without delimiters, else the number."""
    if "\\" in number:
        return number
    at = text.rfind(number)
    run = _run(text, at, at + 1).strip(_TRAILING)
    return run if "\\" in run and run.count("{") == run.count("}") else number


def _run(text: str, begin: int, end: int) -> str:
    """The text around a position, between two spaces."""
    first = max(text.rfind(space, 0, begin) for space in " \n\t") + 1
    last = min((found for space in " \n\t" if (found := text.find(space, end)) >= 0), default=len(text))
    return text[first:last]
