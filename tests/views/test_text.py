import io

import pandas as pd
import pytest

from stat_engine.views.text import MAX_CHARACTERS, as_csv, as_markdown, clipped, highlighted, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Let \\(x^2\\) be", "Let $x^2$ be"),
        ("So \\[x = \\frac{1}{2}\\]", "So $\\displaystyle x = \\frac{1}{2}$"),
        ("$$a\nb$$", "$\\displaystyle a b$"),
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


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-x", "@sum", "\tx", "\rx", "\n=x", " =1", "\ufeff=1", "-1+2"]
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
