"""Notations of a normalised answer, rewritten into the ones that the parser knows.

Values in words, ratios, percent, numbers of combinations, empty sets, the conclusion of a derivation."""

import re

from stat_engine.grading.answers.phrases import worded
from stat_engine.grading.answers.tidying import tidy

_PERCENT = re.compile(
    r"\s*(?:\\text\{\s*(?:percent|per cent|pct)\.?\s*\}|(?<![A-Za-z])(?:percent|per cent|pct)(?![A-Za-z])\.?)"
)
_TO = re.compile(r"(\d+(?:\.\d+)?)\s*(?:\\text\{\s*)?to\s*\}?\s*(\d+(?:\.\d+)?)")
_NOT_EQUAL = re.compile(r"\\not\s*=")
_WITHOUT = re.compile(r"(\\mathbb\{R\}\s*)-\s*(?=\\\{)")
_UNION = re.compile(r"(?<=[)\]])\s*U\s*(?=[(\[])")
_ANGLES = re.compile(r"<([^<>=]*,[^<>=]*)>")
_REALS = re.compile(
    r"(?:x is )?(?:all|any) real (?:numbers?|values)(?: of [a-z])?|all reals"
    r"|(?:the )?(?:set of )?(?:all )?real numbers",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"(?:there (?:is|are|exists?) )?no (?:real |such |valid |integer |possible |positive )*"
    r"(?:solutions?|roots?|values?|intersection)(?: exists?)?|(?:the )?(?:empty|null) set|none"
    r"|has no solutions?|no such [a-z]+(?: exists?)?",
    re.IGNORECASE,
)
_MANY = re.compile(
    r"(?:there are )?(?:infinitely many|an infinite number of|infinite)(?: (?:real )?(?:solutions|values))?",
    re.IGNORECASE,
)
_NOWHERE = re.compile(r"(?:the )?(?:limit )?(?:does(?: not|n't) exist|dne)", re.IGNORECASE)
_SAID = ((_REALS, "\\mathbb{R}"), (_NONE, "\\emptyset"), (_MANY, "infinitely many"), (_NOWHERE, "DNE"))
_TEXT = re.compile(r"\\text\{([^{}]*)\}")
_CONCLUDED = re.compile(
    r".*(?:\\(?:implies|[Rr]ightarrow|Longrightarrow|therefore)(?![A-Za-z]))\s*(?=\S)", re.DOTALL
)
_INDEX = r"\s*\{{?\s*(?P<{0}>\w+)\s*\}}?\s*"
_LETTER = r"(?:\\text\{\s*)?(?P<letter>[CP])\s*\}?\s*"
_CHOSEN = re.compile(
    rf"(?:\{{\s*\}}|(?<![\w)}}\]]))\s*[_^]{_INDEX.format('n')}{_LETTER}_{_INDEX.format('k')}"
)
_CHOSEN_BARE = re.compile(r"(?<![\w.])(?P<n>\d+)\s*(?P<letter>[CP])\s*(?P<k>\d+)(?![\w.])")
_CHOSEN_CALL = re.compile(r"(?<![A-Za-z\\])(?:\\text\{C\}|n?Cr?)\s*\(\s*(?P<n>\w+)\s*,\s*(?P<k>\w+)\s*\)")
_CHOSEN_POWER = re.compile(
    r"(?<![A-Za-z\\])(?:\\text\{(?P<word>[CPA])\}|(?P<letter>[CPA]))\s*"
    r"(?:_\s*\{?(?P<n>\d+)\}?\s*\^\s*\{?(?P<k>\d+)\}?|\^\s*\{?(?P<k2>\d+)\}?\s*_\s*\{?(?P<n2>\d+)\}?)"
)
_CALLED = re.compile(r"\\text\{\s*(gcd|lcm|det|max|min)\s*\}(?=\s*[(\[\\])", re.IGNORECASE)
_UNIT_FRACTION = re.compile(
    r"(?<=[\d}] )\\frac\{\\text\{([^{}]*)\}\}\{\\text\{([^{}]*)\}(\^(?:\d|\{\d\}))?\}"
)
_LABEL = re.compile(r"[A-Za-z][A-Za-z ]{2,20}:\s+(?=[-\d$(]|\\[^t])")
"""What the value is, as in Total: 18."""
_EXCEPT = re.compile(
    r"(?:x is )?(?:all|any) (?:real numbers?|reals)(?: x)?,? except (?:for )?(?:x\s*=\s*)?([-\d\\][^=]*)",
    re.IGNORECASE,
)
_OUTWARD = re.compile(r"([\[\]])([^\[\](),;]+[,;][^\[\](),;]+)([\[\]])")
_REAL_NAME = re.compile(r"\A([a-z])\s*\\in\s*\\mathbb\{R\}\s*[,;:]\s*(?=\1)")
_DOZEN = re.compile(r"\A(\d+)\s*(\\text\{\s*)?dozens?\b(?!\s+(?:and|or)\b)\s*\}?")
_ONLY_ITEMS = re.compile(r"([A-Z]+(?:(?:,? and |, )[A-Z]+)*) only")
"""Labels of statements, as in I and III only."""
_REMAINDER = re.compile(r"(\d+)\s*\\bmod\s*(\d+)")
_RATIONAL = re.compile(r"(?<![A-Za-z])Rational\(\s*(-?\d+)\s*,\s*(\d+)\s*\)")
_FACTORIAL = re.compile(r"(?<![A-Za-z])factorial\(\s*(\w+)\s*\)")
_CELSIUS = re.compile(r"\\text\{\s*\^\s*\{?\\circ\s*\}?\s*([CF])\s*\}")
_DERIVATIVE = re.compile(r"\\[dt]?frac\s*\{\s*d\s*([a-z])\s*\}\s*\{\s*d\s*([a-z])\s*\}")
_DERIVATIVE_ON_LINE = re.compile(r"(?<![A-Za-z\\])d([a-z])/d([a-z])(?![A-Za-z])")
_TRAILING_DOTS = re.compile(r"([^.,]*\d)\.{2,}")


def rewritten(plain: str) -> str:
    """The answer in the parser's notation."""
    plain = _LABEL.sub("", plain, count=1) if ": " in plain and plain[:1].isalpha() else plain
    plain = _programmed(plain) if "(" in plain else plain
    plain = _DOZEN.sub(_dozens, plain) if "dozen" in plain else plain
    told = worded(_TEXT.sub(r" \1 ", plain).strip() if "\\text" in plain else plain)
    if told:
        plain = tidy(told)
    bare = " ".join(_TEXT.sub(r" \1 ", plain).split()) if "xcept" in plain else ""
    without = _EXCEPT.fullmatch(bare)
    if without:
        return f"\\mathbb{{R}}\\setminus\\{{{without[1].replace(' and ', ',')}\\}}"
    if plain[:1] == "]" or plain[-1:] == "[":
        plain = _OUTWARD.sub(_usual_brackets, plain)
    only = _ONLY_ITEMS.fullmatch(plain) if plain.endswith(" only") else None
    plain = only[1] if only else plain
    remainder = _REMAINDER.fullmatch(plain)
    if remainder and int(remainder[2]):
        return str(int(remainder[1]) % int(remainder[2]))
    plain = _CELSIUS.sub(r"^{\\circ}\1", plain) if "circ" in plain else plain
    plain = _DERIVATIVE_ON_LINE.sub(r"\\mathfrak{d\1/d\2}", plain) if "/d" in plain else plain
    if "frac" in plain:
        plain = _DERIVATIVE.sub(r"\\mathfrak{d\1/d\2}", plain)  # one name: d is no factor that cancels
    if "\\in" in plain:
        plain = _REAL_NAME.sub("", plain, count=1)
    for said, meaning in _SAID:
        if said.fullmatch(plain):
            return meaning
    dots = _TRAILING_DOTS.fullmatch(plain)
    if dots:
        plain = dots[1]
    if "row" in plain or "implies" in plain or "therefore" in plain:
        plain = _CONCLUDED.sub("", plain)
    if "C" in plain or "P" in plain or "A" in plain:
        plain = _with_binomials(plain)
    plain = _CALLED.sub(lambda found: f"\\{found[1].lower()} ", plain)
    plain = _ANGLES.sub(r"\\langle \1\\rangle ", _UNION.sub(r"\\cup ", _PERCENT.sub(r"\\%", plain)))
    plain = _UNIT_FRACTION.sub(r"\\text{\1}/\\text{\2}\3", plain)
    plain = _NOT_EQUAL.sub(r"\\ne ", _WITHOUT.sub(r"\1\\setminus ", plain))
    ratio = _TO.fullmatch(plain)
    return f"{ratio[1]}:{ratio[2]}" if ratio else plain


def _programmed(plain: str) -> str:
    """The calls of sympy as formulas: Rational(1, 3), factorial(5)."""
    return _FACTORIAL.sub(r"(\1)!", _RATIONAL.sub(r"(\1/\2)", plain))


def _dozens(found: re.Match[str]) -> str:
    """3 dozen as 36, before the words that follow."""
    is_open = found[2] is not None and not found[0].endswith("}")
    return f"{12 * int(found[1])}{' ' + chr(92) + 'text{' if is_open else ' '}"


def _usual_brackets(found: re.Match[str]) -> str:
    """]1, 2[ as (1, 2)."""
    return f"{'(' if found[1] == ']' else '['}{found[2]}{')' if found[3] == '[' else ']'}"


def _with_binomials(text: str) -> str:
    """Numbers of combinations and permutations as binomials and factorials: _5C_2, 5C2, C(5, 2), C_5^2."""
    text = _CHOSEN_POWER.sub(
        lambda m: _counted(m["n"] or m["n2"], m["k"] or m["k2"], m["letter"] or m["word"], m[0]), text
    )
    text = _CHOSEN.sub(lambda m: _counted(m["n"], m["k"], m["letter"], m[0]), text)
    text = _CHOSEN_CALL.sub(lambda m: _counted(m["n"], m["k"], "C", m[0]), text)
    return _CHOSEN_BARE.sub(lambda m: _counted(m["n"], m["k"], m["letter"], m[0]), text)


def _counted(n: str, k: str, letter: str, written: str) -> str:
    if n.isdigit() and k.isdigit() and int(k) > int(n):
        return written
    return f"\\binom{{{n}}}{{{k}}}" if letter == "C" else f"\\frac{{({n})!}}{{({n}-{k})!}}"
