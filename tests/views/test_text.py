import io
import re
import time

import pandas as pd
import pytest

from stat_engine.views.text import (
    MAX_CHARACTERS,
    answer,
    as_csv,
    as_markdown,
    blocks,
    clipped,
    highlighted,
    plain,
    reason_words,
)
from tests.views.tex_texts import TEXTS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Let \\(x^2\\) be", "Let $x^2$ be"),
        ("So \\[x = \\frac{1}{2}\\]", "So \n\n$$\nx = \\frac{1}{2}\n$$\n\n"),
        ("$$a\nb$$", "\n\n$$\na b\n$$\n\n"),
        ("Then $y=2$.", "Then $y=2$\\."),
        ("costs $5 and $6 more", "costs \\$5 and \\$6 more"),
        ("only $3", "only \\$3"),
        ("**bold** _x_ `c`", "\\*\\*bold\\*\\* \\_x\\_ \\`c\\`"),
        ("# title", "\\# title"),
        ("    indented", "indented"),
        ("a\n   b \\(x\\) c", "a  \nb $x$ c"),
        ("a\n  b", "a  \nb"),
    ],
)
def test_formulas_render_and_everything_else_stays_as_it_is(text: str, shown: str) -> None:
    assert as_markdown(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "![x](https://example.org/x.png)",
        "[x](javascript:alert(1))",
        "https://example.org",
        "$\\href{https://example.org}{x}$",
        "$\\includegraphics{https://example.org/x.png}$",
        ":material/home: :red[x]",
        "&lt;b&gt;",
    ],
)
def test_nothing_becomes_markup_a_link_or_an_image(text: str) -> None:
    shown = as_markdown(text)
    for sign in "<>[]!:&$":
        assert shown.count(sign) == shown.count(f"\\{sign}")


def test_long_text_is_capped_and_says_so() -> None:
    shown = as_markdown("x" * (MAX_CHARACTERS + 5))
    assert (shown.count("x"), shown.endswith("… (cut)")) == (MAX_CHARACTERS, True)


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("Step 2 is wrong", "Step 3 is wrong"),
        ("see step [0] and steps 1, 3-4", "see step \\[1\\] and steps 2, 4\\-5"),
        ("in steps 0 to 2 it has 7 steps", "in steps 1 to 3 it has 7 steps"),
        ("stepped 3 times", "stepped 3 times"),
    ],
)
def test_a_teachers_step_numbers_are_those_of_the_page(reason: str, shown: str) -> None:
    assert reason_words(reason) == shown


def test_names_and_cells_read_well() -> None:
    assert plain("graph_and_geometry_skills") == "Graph and geometry skills"
    assert clipped("a\n b" + "c" * 200, 10) == "a bcccccc…"


@pytest.mark.parametrize(
    ("text", "quote", "shown"),
    [
        ("so 1+1=3 then", "1+1=3", "so :orange-background[1\\+1\\=3] then"),
        ("a b", " b ", "a :orange-background[b]"),
        ("a\nb\nc", "b\nc", "a  \n:orange-background[b]  \n:orange-background[c]"),
        ("xaay", "a", "x:orange-background[a]ay"),
        ("x $y$ z", "$y$", "x :orange-background[$y$] z"),
        ("a ] b", "]", "a :orange-background[\\]] b"),
        ("a b", "c", "a b"),
        ("a b", "", "a b"),
    ],
)
def test_a_quote_is_highlighted_where_it_stands(text: str, quote: str, shown: str) -> None:
    assert highlighted(text, quote) == shown


def test_a_quote_beyond_what_is_shown_is_not_highlighted_and_a_long_rest_is_cut() -> None:
    assert highlighted("x" * MAX_CHARACTERS + "q", "q") == as_markdown("x" * MAX_CHARACTERS + "q")
    shown = highlighted("q" + "x" * MAX_CHARACTERS, "q")
    assert (shown.count("x"), shown.endswith("… (cut)")) == (MAX_CHARACTERS - 1, True)


@pytest.mark.parametrize(("text", "shown"), TEXTS)
def test_tex_becomes_formulas_blocks_and_money(text: str, shown: str) -> None:
    assert as_markdown(text) == shown


def test_a_drawing_is_a_block_of_its_own_with_its_dollars_as_they_are() -> None:
    source = 'label("$A$", (0,0));\ndraw((0,0)--(1,1));'
    found = blocks(f"See \\(x\\): [asy]\n{source}\n[/asy] costs \\$5")
    assert found == [("markdown", "See $x$\\: "), ("drawing", source), ("markdown", " costs \\$5")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\\frac{3}{4}", "$\\frac{3}{4}$"),
        ("x^2 + 1", "$x^2 + 1$"),
        ("\\$65", "$\\text{\\textdollar}65$"),
        ("$\\frac12$", "$\\frac12$"),
        ("x \\in [-2,7]", "$x \\in [-2,7]$"),
        ("42", "42"),
        ("snake_case words here", "snake\\_case words here"),
        ("a\n\nb", "a b"),
        ("\\frac{1}{", "` \\frac{1} `\\{"),
        ("$$x$$", "$\\displaystyle x$"),
    ],
)
def test_an_answer_in_tex_is_a_formula_on_one_line(text: str, shown: str) -> None:
    assert answer(text) == shown


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("\\dfrac{9}{7}", "9/7"),
        ("\\frac{x+1}{2}", "(x+1)/2"),
        ("3\\sqrt{2} - \\sqrt[3]{x+1}", "3√2 - ∛(x+1)"),
        ("45^\\circ", "45°"),
        ("x^{10} + a_1", "x¹⁰ + a₁"),
        ("x^{ab}", "x^(ab)"),
        ("\\$1.25", "$1.25"),
        ("111, \\! 111", "111, 111"),
        ("8\\text{ meals}", "8 meals"),
        ("10{,}000", "10,000"),
        ("Let \\(x \\le \\pi\\) be", "Let x ≤ π be"),
        ("\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "(1; 2)"),
        ("so \\begin{align*} x &= 1 \\\\ y &= 2 \\tag{3} \\end{align*}", "so x = 1; y = 2 (3)"),
        ("\\begin{tabular}{|p{2cm}|r|} a & b \\\\ \\hline c & d \\end{tabular}", "a b; c d"),
        ("\\begin{itemize} \\item one \\item two \\end{itemize}", "one two"),
        ("\\unknown{a}", "\\unknown{a}"),
        ("C:\\new_folder", "C:\\new_folder"),
        ("snake_case", "snake_case"),
        ("costs $5 and $6", "costs $5 and $6"),
    ],
)
def test_a_cell_shows_tex_as_characters(text: str, cell: str) -> None:
    assert clipped(text) == cell


@pytest.mark.parametrize(
    "text",
    [
        "[x](https://example.org) \\(\\text{a}\\)",
        "\\[x\\] ![y](https://example.org/y.png)",
        "\\textbf{[x](https://example.org)}",
        "\\item <b>x</b> \\$ $<script>",
        "\\$[x](https://example.org)\\$",
        "\\\\[x](https://example.org)",
    ],
)
def test_tex_opens_no_way_round_the_escaping(text: str) -> None:
    shown = as_markdown(text)
    for sign in "<>[]":
        assert shown.count(sign) == shown.count(f"\\{sign}"), shown


@pytest.mark.parametrize(
    "text",
    [
        "$\\def\\x{\\x}\\x$",
        "\\[\\let\\x\\text \\x{a}\\]",
        "$\\newcommand{\\x}{y}$",
        "$\\rule{9999em}{9999em}$",
        "$\\frac{1}{$",
        "$\\undefined{x}$",
        "\\[\\begin{array} 1 & 2 \\]",
    ],
)
def test_what_katex_would_not_render_is_code(text: str) -> None:
    shown = as_markdown(text)
    assert "`" in shown and "$" not in re.sub(r"`[^`]*`|\\\$", "", shown)


@pytest.mark.parametrize("source", ["a ``` b $x$ ```` c", "```\n</code>\n```"])
def test_a_code_block_is_closed_by_its_own_fence_alone(source: str) -> None:
    shown = as_markdown(f"[asy]\n{source}\n[/asy]\n**after**")
    fence = shown.split("text\n")[0].split("\n")[-1]
    assert shown == f"\n\n*Asymptote drawing*\n\n{fence}text\n{source}\n{fence}\n\n  \n\\*\\*after\\*\\*"
    assert fence not in source


@pytest.mark.parametrize(
    "piece", ["${", "\\(", "\\begin{array}", "$", "{", "\\a", "\\left(", "`", "\\text{", "x"]
)
def test_hostile_repetition_takes_no_time(piece: str) -> None:
    start = time.process_time()
    as_markdown(piece * (MAX_CHARACTERS // len(piece)))
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-x", "@sum", "\tx", "\rx", "\n=x", " =1", "\ufeff=1", "-1+2", "＝1"]
)
def test_a_cell_that_a_spreadsheet_would_calculate_is_defused(text: str) -> None:
    read = pd.read_csv(io.StringIO(as_csv(pd.DataFrame({text: [text]}))), dtype=str)
    defused = "'" + text.replace("\r", "\n")
    assert (list(read.columns), read.iloc[0, 0]) == ([defused], defused)


def test_a_carriage_return_begins_no_row_of_its_own() -> None:
    assert as_csv(pd.DataFrame({"a": ["b\r=1+1"]})) == 'a\n"b\n=1+1"\n'


def test_numbers_and_plain_text_stay_as_they_are_in_csv() -> None:
    frame = pd.DataFrame({"a": [-1.5, None], "b": ["-1.5", "x = y"], "c": ["+2e3", ""], "d": [["=x"], None]})
    assert as_csv(frame) == "a,b,c,d\n-1.5,-1.5,+2e3,['=x']\n,x = y,,\n"
