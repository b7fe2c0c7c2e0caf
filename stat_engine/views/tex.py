"""TeX as KaTeX renders it: the formulas of a text, environments outside dollars, and what cannot be rendered.

Pages draw formulas with the KaTeX of Streamlit, which shows the source in red where it meets a command or
an environment that it lacks. So formulas are rewritten to what it has, and checked before they are shown."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from stat_engine.views.tex_names import COMMANDS, ENVIRONMENTS

OUTSIDE = re.compile(r"\\(?:href|url|includegraphics|html\w*)(?![A-Za-z])")
"""Commands that would make a link, an image or an attribute."""
DISPLAYED = ("align", "eqnarray", "gather", "multline", "flalign", "equation")
_TABLES = ("tabular", "tabularx", "longtable")
_START = re.compile(
    r"\[asy\](?P<asy>.*?)(?:\[/asy\]|\Z)|\\begin\{(?P<name>[a-zA-Z]+\*?)\}|\\.|\$\$|\$",
    re.DOTALL,
)
_ENDS = {
    "\\(": re.compile(r"(?P<inner>(?:\\[^)]|[^\\])*?)\\\)", re.DOTALL),
    "\\[": re.compile(r"(?P<inner>(?:\\[^\]]|[^\\])*?)\\\]", re.DOTALL),
    "$$": re.compile(r"(?P<inner>(?:\\.|[^\\])*?)\$\$", re.DOTALL),
}
_CLOSING = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
_MARK = re.compile(r"\\.|[{}$]|\n[ \t]*\n|\[asy\]", re.DOTALL)
_WORDS = re.compile(r"[A-Za-z]{2,}[ ,;]+[A-Za-z]{2,}")
_QUIET = re.compile(r"\\(?:text|mbox|textbf|textit|textrm|mathrm|operatorname|hbox)\s*\{[^{}]*\}|\\[A-Za-z]+")
_TOKEN = re.compile(
    r"\\(?P<env>begin|end)\s*\{(?P<name>[^{}]*)\}|\\(?P<command>[A-Za-z]+)|\\.|[{}&#^_]", re.DOTALL
)
_SIZE = re.compile(r"\d{3,}(?:\.\d*)?\s*(?:em|ex|cm|mm|in|pt|pc|mu|bp)\b")
_UNFINISHED = re.compile(
    r"(?:[\^_]|\\(?:sqrt|text|overline|mathbf|mathrm|[dt]?frac|[dt]?binom|operatorname))\s*(?:$|[}&^_])|"
    r"\\[dt]?(?:frac|binom)\s*(?:\{[^{}]*\}|[^{}\s\\])\s*(?:$|[}&])"
)
"""A command or a script without its argument."""
_DEPTH = 60


class Segment(NamedTuple):
    """A piece of a text, between `start` and `end`; `text` of a formula or drawing has no delimiters."""

    kind: Literal["prose", "inline", "display", "drawing"]
    text: str
    start: int
    end: int


def segments(text: str) -> Iterator[Segment]:
    """The text in order: prose, formulas and Asymptote drawings, nothing left out."""
    done = at = 0
    while found := _START.search(text, at):
        segment = _opened(text, found)
        at = segment.end if segment else found.end()
        if segment:
            if found.start() > done:
                yield Segment("prose", text[done : found.start()], done, found.start())
            yield segment
            done = at
    if done < len(text):
        yield Segment("prose", text[done:], done, len(text))


def katex(tex: str) -> str | None:
    """The formula as KaTeX renders it, on one line; None where it would not."""
    tex = _rewritten(tex)
    return tex if tex and _renders(tex) else None


def is_displayed(tex: str) -> bool:
    """Whether the formula needs lines of its own whatever its delimiters are."""
    return bool(re.search(rf"\\begin\{{(?:{'|'.join(DISPLAYED)})\*?\}}|\\tag(?![A-Za-z])", tex))


def _opened(text: str, found: "re.Match[str]") -> Segment | None:
    """The formula or drawing that starts here; None where nothing does."""
    start, mark = found.span()[0], found.group()
    if found.group("asy") is not None:
        return Segment("drawing", found.group("asy").strip("\n"), start, found.end())
    if name := found.group("name"):
        end = _end_of(text, found.end(), name) if name in ENVIRONMENTS or name.rstrip("*") in _OWN else None
        return Segment("display", text[start:end], start, end) if end else None
    if mark == "$":
        return _between_dollars(text, start)
    if mark not in _ENDS or text.find(_CLOSING[mark], found.end()) < 0:
        return None
    closing = _ENDS[mark].match(text, found.end())
    if not closing or not closing.group("inner").strip():
        return None
    return Segment("inline" if mark == "\\(" else "display", closing.group("inner"), start, closing.end())


_OWN = (*_TABLES, *DISPLAYED)


def _end_of(text: str, at: int, name: str) -> int | None:
    """Where the environment ends that began before `at`."""
    depth = 1
    for found in re.finditer(rf"\\(begin|end)\{{{re.escape(name)}\}}", text[at:]):
        depth += 1 if found.group(1) == "begin" else -1
        if not depth:
            return at + found.end()
    return None


def _between_dollars(text: str, start: int) -> Segment | None:
    depth = 0
    for found in _MARK.finditer(text, start + 1):
        mark = found.group()
        if mark[0] in "\n[":
            return None
        depth += {"{": 1, "}": -1}.get(mark, 0)
        if depth > _DEPTH:
            return None
        if mark == "$" and depth <= 0:
            inner = text[start + 1 : found.start()]
            is_math = _is_math(inner, text[found.end() : found.end() + 1])
            return Segment("inline", inner, start, found.end()) if is_math else None
    return None


def _is_math(inner: str, after: str) -> bool:
    """Whether dollars around this are delimiters: sums of money in prose have dollars too."""
    if not inner.strip() or (after.isdigit() and "\\" not in inner):
        return False
    is_prose = bool(_WORDS.search(_QUIET.sub("+", inner)))
    is_sum = bool(re.search(r"(?:[-+*/=(]|\s)$", inner)) and not re.search(r"[\\^]", inner)
    if inner[0] in "0123456789.," and (is_prose or is_sum):
        return False  # $5 and 3 * $4 = $12
    if inner == inner.strip() and "\n" not in inner:
        return True
    is_short = not inner[0].isdigit() and not re.search(r"(?<!\\)\b[A-Za-z]*[a-z][A-Za-z]", inner)
    return not is_prose and (is_short or bool(re.search(r"[\\^_=<>]", inner)))


_RENAMED = {
    "mbox": "text", "textsc": "text", "overarc": "overgroup", "overparen": "overgroup",
    "wideparen": "overgroup", "arc": "overgroup", "nolinebreak": "nobreak", "centerline": "text",
}  # fmt: skip
_DROPPED = re.compile(
    r"\\(?:renewcommand\s*\{?\\[A-Za-z]+\}?\s*\{[^{}]*\}|noalign\s*\{(?:[^{}]|\{[^{}]*\})*\}|"
    r"(?:cline|label|vspace\*?|vskip)\s*\{[^{}]*\}|"
    r"(?:smallskip|medskip|bigskip|noindent|hfill|centering|indent)(?![A-Za-z]))"
)


def _rewritten(tex: str) -> str:
    """The formula on one line, in commands and environments that KaTeX has."""
    tex = re.sub(r"(?<!\\)%[ \t]*\n", " ", tex)
    tex = re.sub(r"(?<!\\)((?:\\\\)*)%", r"\1\\%", tex)
    tex = _DROPPED.sub(" ", tex)
    tex = re.sub(
        r"\\begin\{(tabular|tabularx|longtable)\*?\}(.*?)\\end\{\1\*?\}", _table, tex, flags=re.DOTALL
    )
    tex = re.sub(r"(?<!\\)\$([^$]*)(?<!\\)\$", r"\\(\1\\)", tex)
    tex = tex.replace("\\$", "\\text{\\textdollar}")
    tex = re.sub(
        r"\\begin\{array\}\s*(?:\[[a-z]\])?\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}", _array, tex
    )
    tex = _WIDE.sub(lambda found: found[2] + " &" * (int(found[1]) - 1), tex)
    tex = re.sub(r"\\root\s*(?:\{([^{}]*)\}|(\w))\s*\\of(?![A-Za-z])", r"\\sqrt[\1\2]", tex)
    tex = re.sub(r"\\cancelto\{([^{}]*)\}\{([^{}]*)\}", r"\\cancel{\2}^{\1}", tex)
    tex = re.sub(r"\\([A-Za-z]+)", lambda found: "\\" + _RENAMED.get(found[1], found[1]), tex)
    numbered = "align*" if "\\tag" in tex else "aligned"
    tex = re.sub(r"\\(begin|end)\{(?:align|flalign|eqnarray|multline)\*?\}", rf"\\\1{{{numbered}}}", tex)
    tex = re.sub(r"\\(begin|end)\{gather\*?\}", r"\\\1{gathered}", tex)
    tex = re.sub(r"\\(begin|end)\{equation\*?\}", "", tex)
    return re.sub(r"(?<!\\)\\$", "", " ".join(tex.split()))


_WIDE = re.compile(r"\\multicolumn\s*\{(\d{1,2})\}\s*\{[^{}]*\}\s*(\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})")


def _array(found: "re.Match[str]") -> str:
    return f"\\begin{{array}}{{{_columns(found[1])}}}"


def _columns(looks: str) -> str:
    """The columns of a table as KaTeX has them: l, c, r and lines."""
    repeated = re.compile(r"\*\s*(?:\{(\d{1,2})\}|(\d))\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
    looks = repeated.sub(lambda found: found[3] * int(found[1] or found[2]), looks)
    looks = re.sub(r"[@!<>]\s*\{[^{}]*\}", "", looks)
    return "".join(re.findall(r"[lcr|]", re.sub(r"[pmb]\s*\{[^{}]*\}", "l", looks)))


def _table(found: "re.Match[str]") -> str:
    """A table of text as an array: its cells are text, and what stands between dollars is a formula."""
    looks = re.match(r"\s*(?:\[[a-z]\])?\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}", found[2])
    if not looks:
        return found[0]
    rows = [_cells(row) for row in re.split(r"\\\\(?:\[[^\]]*\])?", found[2][looks.end() :])]
    return f"\\begin{{array}}{{{_columns(looks[1])}}}" + " \\\\ ".join(rows) + "\\end{array}"


def _cells(row: str) -> str:
    lines = "".join(re.findall(r"\\hline", row))
    cells = re.split(r"(?<!\\)&", row.replace("\\hline", " "))
    return f"{lines} " + " & ".join(_cell(" ".join(cell.split())) for cell in cells)


def _cell(cell: str) -> str:
    if wide := _WIDE.fullmatch(cell):
        return _cell(wide[2][1:-1]) + " &" * (int(wide[1]) - 1)
    parts = re.split(r"(?<!\\)\$", cell)
    if len(parts) % 2 == 0:
        return "\\undefined"  # a lone dollar: the caller shows the source
    is_math = re.compile(r"\\(?!text|\$|%|#|&)|[\^_]")
    return "".join(
        part if at % 2 or is_math.search(part) else f"\\text{{{part}}}"
        for at, part in enumerate(parts)
        if part
    )


def _renders(tex: str) -> bool:
    """Whether KaTeX has every command, and groups, environments and fences close in order."""
    if "$" in tex or OUTSIDE.search(tex) or _SIZE.search(tex):
        return False
    opened: list[str] = []
    for found in _TOKEN.finditer(tex):
        token = found.group()
        name = found.group("command")
        if found.group("env") == "begin" or name == "left" or token == "{":
            opened.append(found.group("name") or token)
            if found.group("env") and found.group("name") not in ENVIRONMENTS:
                return False
        elif found.group("env") == "end" or name == "right" or token == "}":
            wanted = found.group("name") or {"}": "{"}.get(token, "\\left")
            if not opened or opened.pop() != wanted:
                return False
        elif (
            (name or "left") not in COMMANDS
            or token == "#"
            or (token == "&" and not (opened and opened[-1] in ENVIRONMENTS))
        ):
            return False
        if len(opened) > _DEPTH:
            return False
    return not opened and not _UNFINISHED.search(re.sub(r"\\[^A-Za-z]", "x", tex))
