"""Values told in words, as LaTeX: three quarters, twenty-five, the square root of 5, 3 out of 4."""

import re

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_LARGE = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_COUNTS = {
    **{word: n for n, word in enumerate(_SMALL)},
    **{word: 10 * n for n, word in enumerate(_TENS, 2)},
    **_LARGE,
    "fourty": 40,
    "dozen": 12,
}
_PARTS = {
    "half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "fifteenth": 15, "sixteenth": 16,
    "twentieth": 20, "hundredth": 100, "thousandth": 1000,
}  # fmt: skip
_ORDINALS = {"square": 2, "cube": 3, "fourth": 4, "fifth": 5, "sixth": 6}
_COUNT = rf"\b(?:{'|'.join(_COUNTS)})\b"
_RUN = rf"(?:a\s+(?=dozen|hundred|thousand|million|billion))?{_COUNT}(?:(?:[\s-]+|\s+and\s+(?=\w)){_COUNT})*"
_LEADING = re.compile(rf"({_RUN})(?![-\w])\s*", re.IGNORECASE)
_DECIMALS = re.compile(rf"point((?:\s+(?:{'|'.join(_SMALL[:10])}))+)", re.IGNORECASE)
_PART_OF = re.compile(r"of\s+(?:them|these|those|the)\b|point\b", re.IGNORECASE)
"""Words after a count that make it no value: one of them."""
_PART = rf"(?:{'|'.join(_PARTS)}|halve)s?\b"
_FRACTION = re.compile(
    rf"(?:(?P<whole>{_RUN})\s+and\s+)?(?:(?P<above>{_RUN})[\s-]+|(?P<one>an?)\s+|(?P<bare>)(?=half))(?P<below>{_PART})",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"(?:(?:the|exactly|about|approximately|roughly|just|simply|only|equal to|a total of|number)\s+)+",
    re.IGNORECASE,
)
_MOST = 120
"""Characters of a phrase."""
_SHAPES: list[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern, re.IGNORECASE), shape)
    for pattern, shape in (
        (r"(?:negative|minus)\s+(.+)", "-({0})"),
        (r"(?:positive|plus)\s+(.+)", "({0})"),
        (r"(?:positive |principal |negative )?square root of (.+)", r"\sqrt{{{0}}}"),
        (r"cube root of (.+)", r"\sqrt[3]{{{0}}}"),
        (r"(?:fourth|4th) root of (.+)", r"\sqrt[4]{{{0}}}"),
        (r"sum of (.+?),? and (.+)", "({0})+({1})"),
        (r"product of (.+?),? and (.+)", r"({0})\cdot({1})"),
        (r"difference (?:of|between) (.+?),? and (.+)", "({0})-({1})"),
        (r"quotient of (.+?),? and (.+)", r"\frac{{{0}}}{{{1}}}"),
        (r"ratio (?:of )?(.+?) to (.+)", r"\frac{{{0}}}{{{1}}}"),
        (r"(?:average|mean) of (.+?),? and (.+)", r"\frac{{({0})+({1})}}{{2}}"),
        (r"square of (.+)", "({0})^2"),
        (r"cube of (.+)", "({0})^3"),
        (r"absolute value of (.+)", "|{0}|"),
        (r"reciprocal of (.+)", r"\frac{{1}}{{{0}}}"),
        (r"(?:twice|double) (.+)", r"2\cdot({0})"),
        (r"(?:thrice|triple) (.+)", r"3\cdot({0})"),
        (r"(.+?)(?:%|\\%| percent) of (.+)", r"\frac{{{0}}}{{100}}\cdot({1})"),
        (r"(.+?) out of (?:every )?(.+)", r"\frac{{{0}}}{{{1}}}"),
        (r"([\d.]+|one) in (?:every )?(.+)", r"\frac{{{0}}}{{{1}}}"),
        (r"(.+?) more than (.+)", "({1})+({0})"),
        (r"(.+?) (?:less|fewer) than (.+)", "({1})-({0})"),
        (r"(.+?) plus (.+)", "({0})+({1})"),
        (r"(.+?) minus (.+)", "({0})-({1})"),
        (r"(.+?) (?:times|multiplied by) (.+)", r"({0})\cdot({1})"),
        (r"(.+?) (?:divided by|over) (.+)", r"\frac{{{0}}}{{{1}}}"),
        (r"(.+?) (?:raised )?to the (?:power of )?(.+?)(?:th|st|nd|rd)?(?: power)?", "({0})^{{{1}}}"),
        (r"(.+?) choose (.+)", r"\binom{{{0}}}{{{1}}}"),
        (r"([a-z]+) to ([a-z]+)", "{0}:{1}"),
        (r"(.+?) squared", "({0})^2"),
        (r"(.+?) cubed", "({0})^3"),
        (r"(.+?) factorial", "({0})!"),
        (rf"((?:.*[\s-])?{_PART}|\d+/\d+|\\[dt]?frac.*?) of (?:the )?(.+)", r"({0})\cdot({1})"),
        (r"half (.+)", r"\frac{{1}}{{2}}\cdot({0})"),
    )
]
_OPERAND = re.compile(r"(?:\\[A-Za-z]+|[A-Za-z](?![A-Za-z])|[-−+()\[\]{}\d.,/^*!\s])+")
"""Mathematics without words."""
_COUNTED = re.compile(
    r"(\d[\d.,/]*)(?:\s+(?!(?:or|and|than|to|of|more|less|times)\b)[a-z]{3,})+", re.IGNORECASE
)
"""A number and what it counts: 10 apples."""
_WORD = re.compile(r"[A-Za-z]{2,}")
_PLAIN = (
    r"(?:value|total|amount|price|cost|answer|result|rest|end)\s+of\b"
    r"|(?:is|are|was|were|has|have|had|will|would|that|which|gets?|pays?|paid|spends?|spent|makes?|made)\b"
)
"""Words with which a phrase only says what the number is."""
_COMPUTING = (
    r"(?:the\s+)?(?:(?:positive|negative|principal)\s+)?(?:square|cube|fourth|\d+th)\s+root\s+of",
    r"(?:the\s+)?(?:sum|product|difference|quotient|average|mean|ratio)\s+(?:of|between)\s+\S+\s+(?:and|to)",
    r"(?:the\s+)?(?:square|cube|reciprocal|negative|logarithm|log|absolute\s+value)\s+of",
    rf"the\s+(?:(?!{_PLAIN})[a-z]+\s+){{1,5}}of(?:\s+the)?|(?<!by a )(?:factor|divisor|power)s?\s+of",
    rf"(?:(?:\w+[\s-]+(?:and\s+a\s+)?)?{_PART}|[\d.]+\s*(?:%|percent)|[\d.]+/\d+)\s+of(?:\s+the)?",
    r"twice|thrice|double|triple|(?:twice|half|times)\s+as\s+\w+\s+as",
    r"[\d.]+\s+(?:times|plus|minus|divided\s+by|multiplied\s+by|over|choose|to)",
    r"(?:[\d.]+\s+)?(?:more|less|fewer|greater|smaller|larger)\s+than",
    r"\w+\s+out\s+of(?:\s+every)?|(?:[\d.]+|one)\s+in(?:\s+every)?",
    r"between\s+\S+\s+and|from\s+\S+\s+to|(?:cannot|can't|must not)\s+exceed|exceeds|at\s+(?:least|most)",
    r"log(?:arithm)?\s+(?:to\s+)?base\s+\S+\s+of",
)
_COMPUTED = re.compile(
    rf"(?:\b(?:{'|'.join(_COMPUTING)})\s*|\b\d+(?::|\s:\s)|(?<=\s)(?:negative|minus)\s+)\$?\Z", re.IGNORECASE
)
"""Words before a number that compute with it, or make it one end of a range."""


def computed_from(line: str, number: int) -> int | None:
    """Where the phrase begins that computes with the number at a position of a line; None if none does."""
    found = _COMPUTED.search(line, max(0, number - _MOST), number)
    return found.start() if found else None


def worded(text: str) -> str | None:
    """The LaTeX of a value told in words; None for other texts. Words after the number remain."""
    if len(text) > _MOST or not _WORD.search(text):
        return None
    text = text.strip()
    said = _SAID.match(text)
    text = text[said.end() :] if said else text
    fraction = _FRACTION.fullmatch(text)
    if fraction:
        return _fraction(fraction)
    for pattern, shape in _SHAPES:
        found = pattern.fullmatch(text)
        if found:
            parts = [_operand(part) for part in found.groups()]
            if None not in parts:
                return shape.format(*parts)
    leading = _LEADING.match(text)
    count = _count(leading[1]) if leading else None
    if leading is None or count is None or text[leading.end() : leading.end() + 1] == "(":
        return None
    rest = text[leading.end() :]
    decimals = _DECIMALS.fullmatch(rest)
    if decimals:
        return f"{count}.{''.join(str(_COUNTS[word]) for word in decimals[1].lower().split())}"
    return None if _PART_OF.match(rest) else f"{count} {rest}".strip()


def _operand(text: str) -> str | None:
    text = text.strip().strip("$")
    counted = _COUNTED.fullmatch(text)
    if counted:
        text = counted[1]
    found = worded(text) if _WORD.search(text) and "\\" not in text else text
    return found if found and _OPERAND.fullmatch(found) else None


def _fraction(found: re.Match[str]) -> str | None:
    below = found["below"].lower()
    part = _PARTS.get(below.removesuffix("s")) or _PARTS.get(
        {"halve": "half", "halves": "half"}.get(below, "")
    )
    whole = _count(found["whole"]) if found["whole"] else 0
    above = _count(found["above"]) if found["above"] else 1
    if part is None or whole is None or above is None:
        return None
    return f"\\frac{{{whole * part + above}}}{{{part}}}"


def _count(words: str) -> int | None:
    """The number that a run of number words says; None for a run that says none, as in five six."""
    total, part, bound = 0, 0, 100
    for word in re.split(r"[\s-]+", words.lower()):
        if word in ("and", "a"):
            continue
        value = _COUNTS[word]
        if value >= 1000:
            total, part, bound = total + max(part, 1) * value, 0, 100
        elif word in ("hundred", "dozen"):
            part, bound = max(part, 1) * value, 100 if word == "hundred" else 0
        elif value < bound:
            part, bound = part + value, 10 if value >= 20 else 0
        else:
            return None
    return total + part
