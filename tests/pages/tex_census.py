"""What the KaTeX of Streamlit makes of texts: which show raw TeX, outside code, when they are on a page."""

import re
from collections.abc import Iterable
from pathlib import Path

import streamlit
from playwright.sync_api import Page

_CODE = re.compile(
    r"^(?P<fence>`{3,})\w*\n.*?\n(?P=fence)$|(?<!\\)(?P<span>`+) .*? (?P=span)", re.DOTALL | re.MULTILINE
)
_FORMULA = re.compile(r"^\$\$\n(?P<display>[^\n]*)\n\$\$$|(?<!\\)\$(?P<inline>[^$\n]+)\$", re.MULTILINE)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_RAW = re.compile(r"\\(?:[A-Za-z]+|[^A-Za-z\s])")
_RENDER = """async ([module, formulas]) => {
    const katex = (await import(module)).default;
    return formulas.map(([formula, displayMode]) => {
        try { katex.renderToString(formula, {displayMode, strict: 'ignore'}); return ''; }
        catch (error) { return String(error.message); }
    });
}"""


def raw_commands(page: Page, address: str, shown: Iterable[str]) -> dict[int, str]:
    """{place: what is raw} of the Markdown texts that show TeX as its source; KaTeX runs in the page.

    `address`: an app that serves Streamlit's files."""
    found: dict[int, str] = {}
    formulas: list[tuple[str, bool]] = []
    places: list[int] = []
    for at, text in enumerate(shown):
        text = _CODE.sub(" ", text)
        for one in _FORMULA.finditer(text):
            formulas.append((one["display"] or one["inline"], one["display"] is not None))
            places.append(at)
        if raw := _RAW.search(_ESCAPED.sub(r"\1", _FORMULA.sub(" ", text)).replace("\\\n", "\n")):
            found[at] = raw.group()
    page.goto(address)
    module = f"/static/js/{_katex().name}"
    for first in range(0, len(formulas), 20_000):
        errors = page.evaluate(_RENDER, [module, formulas[first : first + 20_000]])
        found |= {places[first + at]: error for at, error in enumerate(errors) if error}
    return found


def _katex() -> Path:
    """The module of KaTeX among the files that Streamlit serves."""
    [module] = (Path(streamlit.__file__).parent / "static" / "static" / "js").glob("katex.*.js")
    return module
