"""TeX as plain characters, for the cells of tables, which draw no formulas: `\\frac{1}{2}` becomes 1/2."""

import re

from stat_engine.views.tex import Segment, segments

_GREEK_NAMES = """
alpha beta gamma delta zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon chi psi omega
"""
_GREEK = dict(zip(_GREEK_NAMES.split(), "αβγδζηθικλμνξπρστυχψω", strict=True))
_NAMED = "sin cos tan cot sec csc log ln exp arcsin arccos arctan max min gcd lim deg det"
_SYMBOLS = {
    **_GREEK, **{name.capitalize(): letter.upper() for name, letter in _GREEK.items()},
    **{name: name for name in _NAMED.split()},
    "epsilon": "ε", "varepsilon": "ε", "phi": "φ", "varphi": "φ", "Phi": "Φ",
    "cdot": "·", "times": "×", "div": "÷", "pm": "±", "mp": "∓", "ast": "*", "star": "⋆", "circ": "°",
    "degree": "°", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "lt": "<", "gt": ">",
    "approx": "≈", "equiv": "≡", "sim": "∼", "cong": "≅", "infty": "∞", "in": "∈", "notin": "∉",
    "subset": "⊂", "subseteq": "⊆", "cup": "∪", "cap": "∩", "emptyset": "∅", "varnothing": "∅",
    "setminus": "∖", "backslash": "\\", "mid": "|", "vert": "|", "Vert": "‖", "parallel": "∥", "perp": "⊥",
    "angle": "∠", "triangle": "△", "square": "□", "Box": "□", "sum": "∑", "prod": "∏", "int": "∫",
    "to": "→", "rightarrow": "→", "Rightarrow": "⇒", "implies": "⇒", "iff": "⇔", "mapsto": "↦",
    "ldots": "…", "dots": "…", "cdots": "⋯", "dotsc": "…", "dotsb": "⋯", "prime": "′", "ell": "ℓ",
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "langle": "⟨", "rangle": "⟩", "partial": "∂",
    "nabla": "∇", "forall": "∀", "exists": "∃", "land": "∧", "wedge": "∧", "lor": "∨", "vee": "∨",
    "neg": "¬", "textdollar": "$", "quad": " ", "qquad": " ", "left": "", "right": "", "displaystyle": "",
    "limits": "", "big": "", "Big": "", "bigg": "", "hline": "", "textstyle": "", "colon": ":",
}  # fmt: skip
_RAISED = dict(zip("0123456789+-=()nixy", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣʸ", strict=True))
_LOWERED = dict(zip("0123456789+-=()aeoxijknmt", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓᵢⱼₖₙₘₜ", strict=True))
_ARGUMENT = r"\s*(\{[^{}]*\}|[A-Za-z0-9])"
_STYLES = (
    "text|mbox|textbf|textit|textrm|mathrm|mathbf|mathbb|mathcal|operatorname|boxed|emph|bold|mathit|hbox"
)
_STEPS = [
    (re.compile(rf"\\(?:{_STYLES})\s*\{{([^{{}}]*)\}}"), lambda found: found[1]),
    (re.compile(rf"\\[dtc]?frac{_ARGUMENT}{_ARGUMENT}"), lambda found: f"{_one(found[1])}/{_one(found[2])}"),
    (re.compile(rf"\\sqrt\s*(?:\[([^\]]*)\])?{_ARGUMENT}"), lambda found: _root(found[1], found[2])),
    (re.compile(r"\\[dt]?binom" + _ARGUMENT * 2), lambda found: f"C({_bare(found[1])}, {_bare(found[2])})"),
    (re.compile(r"\^\s*(?:\\circ(?![A-Za-z])|\{\s*\\circ\s*\})"), lambda found: "°"),
    (re.compile(rf"(?<!\\)([\^_]){_ARGUMENT}"), lambda found: _script(found[1], _bare(found[2]))),
]
_SIGNS = re.compile(r"\\([$%&#_{}])")
_ENVIRONMENT = re.compile(
    r"\\begin\s*\{(?:tabular[*x]?|longtable|array)\}(?:\[[a-z]\])?\{(?:[^{}]|\{[^{}]*\})*\}"
    r"|\\(?:begin|end)\s*\{[A-Za-z]+\*?\}|\\hline(?![A-Za-z])|\\multicolumn\s*\{\d+\}\s*\{[^{}]*\}|\\item(?![A-Za-z])"
)
_SHORT = 60
_TEX = re.compile(r"\\[A-Za-z,!;:$%&#{}( \[]|[\^_]")


def as_characters(text: str) -> str:
    """The text with its formulas as characters; what has no such form stays as it is."""
    text = text.replace("{,}", ",")
    if "\\" not in text and "$" not in text and "^" not in text:
        return text
    found = list(segments(text))
    if all(one.kind == "prose" for one in found):
        text = _ENVIRONMENT.sub(" ", text) if "\\item" in text else text
        return (_characters(text) if "\\" in text or len(text) < _SHORT else None) or text
    return "".join(_piece(one, text[one.start : one.end]) for one in found)


def _piece(one: Segment, source: str) -> str:
    if one.kind == "drawing":
        return "[drawing]"
    if one.kind == "prose":
        return _SIGNS.sub(r"\1", _ENVIRONMENT.sub(" ", one.text))
    return _characters(one.text) or source


def _characters(tex: str) -> str | None:
    """None where a command has no character."""
    if not _TEX.search(tex):
        return tex
    before = None
    while before != tex:
        before = tex
        for pattern, becomes in _STEPS:
            tex = pattern.sub(becomes, tex)
    tex = re.sub(r"\\begin\{([pbvBV]?)matrix\}(.*?)\\end\{\1matrix\}", _matrix, tex, flags=re.DOTALL)
    if "\\begin" in tex:
        tex = _rows_of(tex)
    tex = re.sub(r"\\([A-Za-z]+)", lambda found: _SYMBOLS.get(found[1], found[0]), tex)
    if re.search(r"\\[A-Za-z]{2}", tex):
        return None
    tex = re.sub(r"(?<!\\)[{}]", "", tex)
    tex = re.sub(r"\\([,;:! ])", lambda found: "" if found[1] in "!," else " ", tex)
    return re.sub(r" +", " ", _SIGNS.sub(r"\1", tex))


def _rows_of(tex: str) -> str:
    """The lines of align, gather, cases, array and the like, one after another."""
    tex = re.sub(r"\\tag\*?\s*\{([^{}]*)\}", r"(\1)", tex)
    inside = _ENVIRONMENT.sub(" ", tex).replace("\\&", "\0").replace("&", " ").replace("\0", "\\&")
    lines = [line.strip() for line in re.split(r"\\\\(?:\s*\[[^\[\]]*\])?", inside)]
    return "; ".join(line.rstrip(",;") for line in lines if line)


def _matrix(found: "re.Match[str]") -> str:
    rows = [", ".join(cell.strip() for cell in row.split("&")) for row in found[2].split("\\\\")]
    around = {"b": "[]", "v": "||", "B": "{}"}.get(found[1], "()")
    return f"{around[0]}{'; '.join(filter(None, rows))}{around[1]}"


def _bare(argument: str) -> str:
    return argument[1:-1].strip() if argument.startswith("{") else argument


def _one(argument: str) -> str:
    """An argument as one factor: in parentheses where it is a sum or a product."""
    bare = _bare(argument)
    return f"({bare})" if re.search(r"(?<=.)[-+/*· ]", bare) else bare


def _root(degree: str | None, argument: str) -> str:
    sign = {None: "√", "2": "√", "3": "∛", "4": "∜"}.get(degree, f"{degree}√")
    bare = _bare(argument)
    return f"{sign}{bare}" if re.fullmatch(r"\w+", bare) else f"{sign}({bare})"


def _script(mark: str, bare: str) -> str:
    known = _RAISED if mark == "^" else _LOWERED
    if bare and all(sign in known for sign in bare):
        return "".join(known[sign] for sign in bare)
    return f"{mark}({bare})" if len(bare) > 1 else f"{mark}{bare}"
