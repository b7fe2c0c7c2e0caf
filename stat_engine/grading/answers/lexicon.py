"""The vocabulary of the parser (LaTeX commands, program notation), and a position in an answer's tokens."""

import re
from fractions import Fraction

from stat_engine.grading.answers.trees import EMPTY, INFINITY, REALS, Beyond, Node, Symbol, Unreadable

FRACTIONS = {"frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac", "xfrac"}
BINOMIALS = {"binom", "dbinom", "tbinom"}
FUNCTIONS = {
    "sin": "sin", "cos": "cos", "tan": "tan", "cot": "cot", "sec": "sec", "csc": "csc", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "asin": "asin",
    "acos": "acos", "atan": "atan", "tg": "tan", "ctg": "cot", "cosec": "csc", "ln": "ln", "log": "log",
    "lg": "lg", "exp": "exp", "abs": "abs", "floor": "floor", "ceil": "ceil", "max": "max", "min": "min",
    "gcd": "gcd", "lcm": "lcm",
    "Re": "re", "Im": "im",
}  # fmt: skip
"""Written name -> name in the tree."""
INVERSES = {"sin": "asin", "cos": "acos", "tan": "atan"}
GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota",
    "kappa", "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "varphi",
    "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega",
    "ell", "hbar",
}  # fmt: skip
CONSTANTS: dict[str, Node] = {
    **dict.fromkeys(("infty", "infinity", "oo", "inf"), INFINITY),
    **dict.fromkeys(("varnothing", "emptyset"), EMPTY),
    "R": REALS,
    "imath": Symbol("i"),
}
DOTS = {"ldots", "dots", "cdots", "dotsc", "dotsb", "vdots"}
MARKED = {
    "overline", "bar", "vec", "overrightarrow", "overleftrightarrow", "hat", "widehat", "tilde", "mathcal",
    "mathfrak", "mathbb", "overset", "wideparen", "overparen", "overarc",
}  # fmt: skip
"""Commands that change a name: AB with a bar differs from AB."""
SHAPES = {"angle", "triangle", "measuredangle", "odot", "parallelogram", "square", "Box"}
"""Commands before a name."""
SIGNS = {
    "=": "=", "==": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!=", "\\le": "<=",
    "\\leq": "<=", "\\leqslant": "<=", "\\leqq": "<=", "\\lt": "<", "\\gt": ">", "\\ge": ">=",
    "\\geq": ">=", "\\geqslant": ">=", "\\geqq": ">=", "\\ne": "!=", "\\neq": "!=", "\\approx": "=",
    "\\equiv": "=mod", "\\in": "in", "\\cong": "=mod", "\\coloneqq": "=", ":=": "=", "=<": "<=", "=>": ">=",
}  # fmt: skip
"""Relations as they are written -> as they are in the tree."""
TIMES = {"*", "\\cdot", "\\times", "\\ast", "\\bullet"}
OVER = {"/", "\\div"}
SET_SIGNS = {"\\cup": "union", "\\cap": "intersection", "\\setminus": "minus", "\\backslash": "minus"}
_CLOSING = {
    ",", ";", ")", "]", "}", "\\}", "&", "\\\\", "\\end", "\\rangle", "\\rfloor", "\\rceil", "\\rvert",
    "\\rVert", "\\mid", "\\choose", "\\over", "\\pmod", "\\mod", "\\bmod", "\\lor", "\\vee", "\\land",
    "\\wedge",
}  # fmt: skip
ENDS_SIDE = {*_CLOSING, *SIGNS, *SET_SIGNS}
"""Tokens that end an item or a side of a relation."""
ENDS_TERM = {"+", "-", "\\pm", "\\mp", ":", *TIMES, *OVER, *ENDS_SIDE}
"""Tokens that cannot begin a factor."""
ONLY_SYMPY = {
    "int", "iint", "oint", "sum", "prod", "lim", "partial", "nabla", "limsup", "liminf", "sup", "mod",
    "bmod",
}  # fmt: skip
_PLAIN_NAMES = {
    "sqrt",
    "cbrt",
    "binomial",
    "frac",
    "dfrac",
    "pi",
    "infinity",
    "inf",
    "oo",
    "theta",
    "alpha",
    "beta",
    "lambda",
}
KNOWN_NAMES = {*_PLAIN_NAMES, *FUNCTIONS} - {"Re", "Im"}
"""Names that are written without a backslash in program notation."""
CLAUSES = {
    "if", "for", "when", "where", "with", "is", "are", "the", "of", "in", "not", "per", "to",
    "then", "than", "from", "but", "all", "any",
}  # fmt: skip
"""Words that cannot be products of variables inside a formula."""
_BEFORE_CALL = re.compile(r"([A-Za-z]{1,2})(sqrt|sin|cos|tan|ln|log|exp)")
_TOKEN = re.compile(
    r"(?P<repeating>(?P<whole>\d*)\.(?P<fixed>\d*)\\(?:overline|bar|dot)\s*\{?\s*(?P<period>\d+)\s*\}?"
    r"(?:(?P<inner>\d*)\\dot\s*\{?\s*(?P<last>\d)\s*\}?)?)"
    r"|(?P<bracketed>\d*\.\((?P<digits>\d+)\))"
    r"|(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+(?![\d.]))?)(?P<more>\s*(?:\.\.\.|\\[lc]?dots))?"
    r"|\\text\s*\{(?P<text>[^{}]*)\}"
    r"|(?P<command>\\(?:[A-Za-z]+\*?|.))"
    r"|(?P<letters>[A-Za-z]+)"
    r"|(?P<dots>\.\.\.\.?)"
    r"|(?P<mark>\*\*|[<>!=:]=|=[<>](?!=)|\S)"
)
_MOST_DIGITS = 5_000
"""The largest exponent of a number: 1e999999999 would fill the memory."""

Token = tuple[str, str]
"""(kind, text): number, repeating, rounded, text, letters, command, dots, mark."""


def tokens(text: str) -> list[Token]:
    """The tokens of a tidy text. Raises Unreadable for a bare control symbol."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if match["repeating"] is not None:
            period = f"{match['period']}{match['inner'] or ''}{match['last'] or ''}"
            found.append(("repeating", f"{match['whole']}.{match['fixed']}|{period}"))
        elif match["bracketed"] is not None:
            found.append(("repeating", f"{match['bracketed'].partition('.')[0]}.|{match['digits']}"))
        elif match["number"] is not None:
            found.extend(_number(match["number"], match["more"]))
        elif match["letters"] is not None:
            found.extend(_letters(match["letters"], text[match.end() : match.end() + 1]))
        else:
            found.append((kind, match[kind]))
    return found


def _number(written: str, more: str | None) -> list[Token]:
    if not more:
        return [("number", written)]
    if "." not in written:
        return [("number", written), ("dots", "...")]
    return [("rounded", written)]


def _letters(run: str, after: str) -> list[Token]:
    """A run of letters, with the names of functions and constants as the commands they stand for."""
    if run in KNOWN_NAMES:
        return [("command", f"\\{run}")]
    found = _BEFORE_CALL.fullmatch(run) if after in "({" else None
    if found:
        return [("letters", found[1]), ("command", f"\\{found[2]}")]
    return [("letters", run)]


def decimal(written: str) -> tuple[Fraction, int | None]:
    """(value, significant digits where it has a decimal point). Raises Beyond for a huge exponent."""
    mantissa, _, exponent = written.lower().partition("e")
    if exponent and abs(int(exponent)) > _MOST_DIGITS:
        raise Beyond("a number of very many digits")
    value = Fraction(mantissa if mantissa[0] != "." else f"0{mantissa}")
    if exponent:
        value *= Fraction(10) ** int(exponent)
    return value, len(mantissa.replace(".", "").lstrip("0")) if "." in mantissa else None


def repeating(written: str) -> Fraction:
    """0.1666... from `0.1|6`: fixed digits, then the period."""
    before, _, period = written.partition("|")
    whole, _, fixed = before.partition(".")
    shift, cycle = 10 ** len(fixed), 10 ** len(period) - 1
    return Fraction(int((whole or "0") + fixed), shift) + Fraction(int(period), shift * cycle)


def continued(written: str) -> Fraction | None:
    """0.333 with dots after it: a last digit three times, or last digits twice, are the period.

    None if nothing repeats, as in 3.14159..."""
    whole, _, fixed = written.partition(".")
    for length in range(1, len(fixed) // 2 + 1):
        period, times = fixed[-length:], 3 if length == 1 else 2
        if fixed.endswith(period * times):
            return repeating(f"{whole}.{fixed[:-length]}|{period}")
    return None


END: Token = ("end", "")


class Cursor:
    """Tokens that are taken one after the other; the grammar of `parsing.py` builds on it."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def _peek(self, ahead: int = 0) -> Token:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else END

    def _take(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def _skip(self, *texts: str) -> bool:
        if self._peek()[1] in texts and self._peek()[0] != "text":
            self._at += 1
            return True
        return False

    def _expect(self, *texts: str) -> str:
        token = self._take()
        if token[1] not in texts:
            raise Unreadable(f"{token[1] or 'the end'} in place of {texts[0]}")
        return token[1]

    def _raw_argument(self) -> str:
        """The text of a command's argument, for names and indices."""
        if not self._skip("{"):
            kind, text = self._take()
            if kind not in ("number", "letters", "text", "command"):
                raise Unreadable("an index that is no name")
            if len(text) > 1 and kind == "letters":
                self._at -= 1
                self._tokens[self._at] = (kind, text[1:])
                return text[0]
            return text.strip()
        depth, found = 1, []
        while depth:
            token = self._take()
            if token == END:
                raise Unreadable("a brace that is not closed")
            depth += (token[1] == "{") - (token[1] == "}")
            found.append(token[1].strip())
        return "".join(found[:-1])
