"""Normalise the spelling of an answer: Unicode, layout, fonts, thousands separators, bases.

In: the text of an answer. Out: plain LaTeX in which `\\text{...}` is the only font, numbers have no
separators, a base is `\\based{digits}{base}`, and no layout command is left. Nothing that has a meaning
is dropped: unknown commands stay, and the parser refuses them."""

import re
import unicodedata

from stat_engine.grading.answers.lexicon import FUNCTIONS

_BRACED = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
_SIGNS = str.maketrans({
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "×": "\\times ", "·": "\\cdot ",
    "⋅": "\\cdot ", "∙": "\\cdot ", "∗": "*", "÷": "/", "⁄": "/", "∕": "/", "∶": ":", "∞": "\\infty ",
    "°": "^{\\circ}", "º": "^{\\circ}", "℃": "^{\\circ}C", "℉": "^{\\circ}F", "≤": "\\le ", "⩽": "\\le ",
    "≥": "\\ge ", "⩾": "\\ge ", "≠": "\\ne ", "≈": "\\approx ", "±": "\\pm ", "∓": "\\mp ", "∈": "\\in ",
    "∪": "\\cup ", "∩": "\\cap ", "∅": "\\emptyset ", "∖": "\\setminus ", "ℝ": "\\mathbb{R}",
    "∠": "\\angle ", "△": "\\triangle ", "⟨": "\\langle ", "⟩": "\\rangle ", "≡": "\\equiv ",
    "⇒": "\\implies ",
    "→": "\\implies ", "∴": "\\therefore ", "…": "\\ldots ", "⋯": "\\cdots ",
    "∨": "\\lor ", "∧": "\\land ", "′": "'", "’": "'", "‘": "'", "“": '"',
    "”": '"', "⌊": "\\lfloor ", "⌋": "\\rfloor ", "⌈": "\\lceil ", "⌉": "\\rceil ", "∫": "\\int ",
    "∑": "\\sum ", "。": ".", "、": ",", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",
    "✓": "", "✅": "",
})  # fmt: skip
_RAISED, _LOWERED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+"), re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋ₙ]+")
_RAISED_PART = re.compile(
    r"(?<![\w)\]}])(?:(?P<degree>[²³⁴-⁹])√\s*(?P<inside>\d+(?:\.\d+)?)|(?P<above>[⁰¹²³⁴-⁹]+)[⁄/](?P<below>[₀-₉]+))"
)
_ROOTS = {"√": "\\sqrt", "∛": "\\sqrt[3]"}
_ROOT = re.compile(r"([√∛])\s*(\d+(?:\.\d+)?)?")
_SYMBOL = re.compile("[Α-Ωα-ωϕϵ]")
_FOREIGN = re.compile(
    r"(?<=[\d})%])\s*(?!.*[不错半万亿千百]|.*\bне\b)[\u0400-\u04ff\u0600-\u06ff\u0900-\u097f\u3040-\u30ff\u3400-\u9fff"
    r"\uac00-\ud7af][^\d]*\Z"
)
"""A unit or other words in letters that are not Latin, unless they change the number."""
_OUTER = re.compile(r"(?<!\\)\\[()\[\]]")
_DOLLAR = re.compile(r"(?<!\\)\$")
_FONT = re.compile(
    r"\\(text(?:bf|it|rm|normal|sf|tt|up|sl|md|superscript)?|mbox|hbox|emph|boldsymbol|bm|pmb|underline"
    rf"|math(?:bf|it|rm|sf|tt|normal)|operatorname\*?)\s*{_BRACED}"
)
_UNIT = re.compile(r"[A-Za-z]\s*(?:/|\^|\\[,;: ])")
_TEXT_FONTS = {
    "text", "textbf", "textit", "textrm", "textnormal", "textsf", "texttt", "textup", "textsl", "textmd",
    "textsuperscript", "mbox", "hbox", "emph",
}  # fmt: skip
_SWITCH = re.compile(r"\{\s*\\(?:rm|bf|it|sf|tt)\s+([^{}\\]*)\}")
_COLOUR = re.compile(rf"\\textcolor\s*\{{[^{{}}]*\}}\s*{_BRACED}|\\color\s*\{{[^{{}}]*\}}")
_NO_DELIMITER = re.compile(r"\\(?:left|right)\s*\.(?!\d)")
_ALIGNED = re.compile(
    r"\s*\\begin\{((?:aligned|align|split|gathered|gather|equation)\*?)\}"
    r"((?:(?!\\begin|\\end|\\\\).)*)(?:\\\\\s*)?\\end\{\1\}\s*",
    re.DOTALL,
)
"""An environment for several lines that has a single one."""
_APOSTROPHES = re.compile(r"-?\d{1,3}(?:'\d{3})+(?:\.\d+)?")
_LAYOUT = re.compile(
    r"\\(?:left|right|middle|[bB]igg?[lrm]?|displaystyle|textstyle|scriptstyle|scriptscriptstyle|limits"
    r"|nolimits|allowbreak|nobreak|hfill|strut|mathstrut|large|Large|huge|small|normalsize|rm|bf|it"
    r"|mathrm|mathbf|boldmath|boldsymbol|bm)(?![A-Za-z])"
)
_SPACE = re.compile(
    r"(?<!\\)\\(?:[,;:>/ ]|(?=\d))"
    r"|\\(?:q?quad|thinspace|enspace|enskip|medspace|thickspace|nobreakspace)(?![A-Za-z])"
    r"|~|&nbsp;|\\[hv](?:space|skip)\*?\{[^{}]*\}|\\[hv]?phantom\{[^{}]*\}"
)
_NO_SPACE = re.compile(r"(?<!\\)\\!|\\negthinspace(?![A-Za-z])")
_GROUPED = re.compile(
    r"(?<![\d.,])\d{1,3}(?:(?:\{,(?:\\!)?\}|\{\\,\}|,\\!|\\!|\\[,;: ]|\\thinspace|~| )\s*\d{3})+"
    r"(?!\d|\s*/|,\d)"
)
_ONE_SIGN = re.compile(r"\{\s*([:=<>+-](?!\s*\d)|\\%)\s*\}")
_EMPTY = re.compile(r"(?<![}A-Za-z])\{\}")
_ONE_GROUP = re.compile(r"\{(?:(?!\\(?:over|choose)(?![A-Za-z]))[^{},]|\{[^{}]*\})+\}")
_SEPARATOR = re.compile(r"[^\d]+")
_COMMAS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,]\d|\d)")
_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen",
)  # fmt: skip
NUMBER_WORDS = {word: n for n, word in enumerate(_WORDS)}
_DIGITS = (
    r"(?<![\w.\\^])(?:\(\s*(?P<inner>[0-9A-Z]*\d[0-9A-Z]*)\s*\)"
    r"|(?P<digits>[0-9A-Z]*\d[0-9A-Z]*(?:\.[0-9A-Z]+)?))\s*"
)
_BASE = r"(?P<base{0}>\d{{1,2}}|[a-z]{{3,7}})"
_BASED = re.compile(
    _DIGITS
    + r"(?:_\s*(?:(?P<bare>\d{1,2})|\{?\s*(?:\\text\{)?\s*\(?\s*(?:base\s*\}?\s*)?"
    + _BASE.format(1)
    + r"\s*\)?\s*\}?\}?)|(?:\\text\{\s*)?\(?\s*(?:in\s+)?base\s*[-}]*\s*(?:\\text\{)?\s*"
    + _BASE.format(2)
    + r"\s*\)?\s*\}?)(?![\w])"
)
_WHOLE_TEXT = re.compile(r"\\text\{([^{}]*)\}")
_BLANK = re.compile(r"\s+")
_TIMES = re.compile(r"(?<=\d)(?:\s*[xX]\s*(?=10\s*(?:\^|\*\*))|\s+x\s+(?=\d))")
_MINUS = re.compile(r"^(?:minus|negative)\s+(?=[\d\\.(])")
_NAMES = {"binary": 2, "octal": 8, "decimal": 10, "hexadecimal": 16}


def tidy(text: str) -> str:
    """The answer's normalised text, without delimiters around it and punctuation after it."""
    if not text.isascii():
        text = _ascii(text)
        text = _FOREIGN.sub("", text)
    text = text.strip()
    if "{" in text:
        text = _ONE_SIGN.sub(r"\1", text)
    if "$" in text:
        text = _without_dollars(text)
    text = _without_layout(text) if "\\" in text else _GROUPED.sub(_joined, text.replace("~", " "))
    text = _without_ends(_BLANK.sub(" ", text).strip())
    if text[:1] == "{" and _ONE_GROUP.fullmatch(text):
        text = text[1:-1].strip()
    if "x" in text or "X" in text:
        text = _TIMES.sub(r"\\times ", text)
    if "+/-" in text:
        text = text.replace("+/-", "\\pm ")
    text = _MINUS.sub("-", text)
    if "'" in text and _APOSTROPHES.fullmatch(text):
        text = text.replace("'", "")
    if "," in text:
        text = _without_commas(text)
    if "_" in text or "base" in text:
        text = _BASED.sub(_based, text)
    return text


def whole_text(text: str) -> str | None:
    """The content of a normalised answer that is one `\\text{...}`; None for other answers."""
    found = _WHOLE_TEXT.fullmatch(text)
    return found[1].strip() if found else None


def _without_ends(text: str) -> str:
    """Without quotation marks around it and punctuation after it."""
    while text:
        if text[-1] in ",;:" or (text[-1] == "." and not text.endswith("..")):
            text = text[:-1].rstrip()
        elif len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
            text = text[1:-1].strip()
        else:
            break
    return text


def _ascii(text: str) -> str:
    text = _RAISED_PART.sub(_degree_or_fraction, text)
    text = _RAISED.sub(lambda m: f"^{{{unicodedata.normalize('NFKC', m[0]).replace('−', '-')}}}", text)
    text = _LOWERED.sub(lambda m: f"_{{{unicodedata.normalize('NFKC', m[0]).replace('−', '-')}}}", text)
    text = _ROOT.sub(lambda m: f"{_ROOTS[m[1]]}{{{m[2]}}}" if m[2] else f"{_ROOTS[m[1]]} ", text)
    text = _SYMBOL.sub(_greek, text.translate(_SIGNS))
    if text.isascii():
        return text
    return "".join(character if character.isascii() else _compatible(character) for character in text)


def _degree_or_fraction(found: re.Match[str]) -> str:
    """A raised number before a root sign or a fraction bar."""
    raised = unicodedata.normalize("NFKC", found["degree"] or found["above"])
    if found["degree"]:
        return f"\\sqrt[{raised}]{{{found['inside']}}}"
    return f"\\frac{{{raised}}}{{{unicodedata.normalize('NFKC', found['below'])}}}"


def _greek(found: re.Match[str]) -> str:
    """`\\alpha ` for the letter alpha; others as they are."""
    if found[0] == "ϕ":
        return "\\phi "
    kind, _, name = unicodedata.name(found[0], "").removeprefix("GREEK ").partition(" LETTER ")
    name = {"LAMDA": "LAMBDA"}.get(name, name)
    if not name or " " in name:
        return found[0]
    return f"\\{name.title() if kind == 'CAPITAL' else name.lower()} "


def _compatible(character: str) -> str:
    """Full-width digits and letters as plain ones, one half as a fraction; others as they are."""
    plain = unicodedata.normalize("NFKC", character)
    if "⁄" in plain:
        above, _, below = plain.partition("⁄")
        return f"\\frac{{{above}}}{{{below}}}"
    return plain if plain.isascii() else character


def _without_dollars(text: str) -> str:
    """Without dollar signs that delimit formulas; a single one is money."""
    n = len(_DOLLAR.findall(text))
    return _DOLLAR.sub("" if n % 2 == 0 else r"\\$", text).strip()


def _without_layout(text: str) -> str:
    aligned = _ALIGNED.fullmatch(text) if "\\begin" in text else None
    text = aligned[2].replace("&", " ") if aligned else text
    text = _OUTER.sub(" ", text)
    text = _GROUPED.sub(_joined, text)
    text = _NO_DELIMITER.sub(" ", text)
    text = _COLOUR.sub(lambda m: f"{{{m[1]}}}" if m[1] is not None else " ", text)
    text = _SWITCH.sub(r"\\text{\1}", text)
    while (whole := _FONT.fullmatch(text.strip())) and whole[1] not in _TEXT_FONTS:
        text = whole[2]
    for _ in range(3):
        text, n = _FONT.subn(_plain_font, text)
        if not n:
            break
    return _NO_SPACE.sub("", _SPACE.sub(" ", _LAYOUT.sub(" ", _EMPTY.sub("", text))))


def _plain_font(found: re.Match[str]) -> str:
    """`\\text{...}` where letters are words, else the content as a group: a bold 1.5 is 1.5."""
    font, content = found[1], found[2]
    is_text = font in _TEXT_FONTS
    if not content.strip():
        return " "
    if re.fullmatch(r"[0-9A-Z.]*\d[0-9A-Z.]*", content):
        return content
    if not is_text and content.strip() in FUNCTIONS:
        return f"\\{content.strip()} "
    if is_text or ("\\" not in content and re.search(r"[A-Za-z]{2}", content.replace(".", ""))):
        return f"\\text{{{content}}}"
    if font == "mathrm" and _UNIT.search(content) and not re.search(r"\\[A-Za-z]", content):
        return re.sub(r"[A-Za-z]+", r"\\text{\g<0>}", content)
    if font in ("mathrm", "operatorname", "operatorname*") and re.fullmatch(r"\s*[A-Za-z]\s*", content):
        return f"\\text{{{content}}}"
    return f"{{{content}}}"


def _joined(found: re.Match[str]) -> str:
    return _SEPARATOR.sub("", found[0])


def _without_commas(text: str) -> str:
    """Numbers without commas between thousands; in brackets and sets a comma separates two numbers."""
    if not _COMMAS.search(text):
        return text
    depth, begin, parts = 0, 0, []
    opened: list[int] = []
    for at, character in enumerate(text):
        is_set = character in "([" or (character == "{" and _holds_items(text, at))
        if character in "([{":
            if is_set and not depth:
                parts.append(_COMMAS.sub(_joined, text[begin:at]))
                begin = at
            depth += is_set
            opened.append(is_set)
        elif character in ")]}" and opened and opened.pop():
            depth -= 1
            if not depth:
                parts.append(text[begin : at + 1])
                begin = at + 1
    parts.append(text[begin:] if depth else _COMMAS.sub(_joined, text[begin:]))
    return "".join(parts)


def _holds_items(text: str, at: int) -> bool:
    """Whether a brace opens a set and not the argument of a command, a power or an index."""
    return at == 0 or text[at - 1] in "\\ ,;=" or text[max(at - 3, 0) : at] == "\\in"


def _based(found: re.Match[str]) -> str:
    name = found["bare"] or found["base1"] or found["base2"]
    base = int(name) if name.isdigit() else NUMBER_WORDS.get(name, _NAMES.get(name, 0))
    digits = found["inner"] or found["digits"]
    try:
        int(digits.replace(".", ""), base)
    except ValueError:  # not in 2 to 36, or a digit that the base has not: an index, then
        return found[0]
    return f"\\based{{{digits}}}{{{base}}}"
