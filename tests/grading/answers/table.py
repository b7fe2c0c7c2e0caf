"""What counts as equal, by topic: tested pair by pair, and printed as the table of docs/evaluation.md.

python -m tests.grading.answers.table     # the table's lines"""

from typing import NamedTuple


class Topic(NamedTuple):
    """Pairs of (answer, reference) on one topic."""

    name: str
    equal: list[tuple[str, str]]
    different: list[tuple[str, str]]


TOPICS = [
    Topic("numbers", [("0.5", "1/2"), ("18.0", "18"), ("1,250", "1250"), ("1e-3", "0.001")], [("0.3333", "1/3"), ("12,5", "12.5")]),
    Topic("thousands", [(r"10\,000", "10000"), (r"12{,}525", "12525"), ("1/1,000", r"\frac{1}{1000}")], [("(1,200)", "1200"), ("12, 345", "12345")]),
    Topic("fractions", [(r"\frac\pi4", r"\frac{\pi}{4}"), (r"2\frac{1}{2}", "2.5"), ("1 1/4", "5/4")], [(r"\frac{1}{2x}", r"\frac{x}{2}")]),
    Topic("rounded decimals", [("0.0833333333333333", r"\frac{1}{12}"), (r"0.\overline{3}", "1/3"), (r"0.333\ldots", "1/3"), (r"0.142857\ldots", "1/7")], [("0.333333", "1/3"), ("3.14159", r"\pi"), (r"0.\overline{3}", "0.3")]),
    Topic("tiny and large", [(r"\frac{100!}{99!}", "100")], [(r"\frac{1}{2^{80}}", r"\frac{1}{2^{81}}"), (r"10^{15}\pi", r"(10^{15}+1)\pi"), ("e^{-50}", "0")]),
    Topic("formulas", [("2(x+1)", "2x+2"), (r"\sin 2x", r"2\sin x\cos x"), (r"\ln(xy)", r"\ln x+\ln y"), (r"\binom{n}{2}", r"\frac{n(n-1)}{2}"), (r"{}_5C_2", r"\binom52"), (r"\gcd(12,18)", "6")], [(r"\sqrt{x^2}", "x"), (r"\ln|x|", r"\ln x"), ("x+C", "x")]),
    Topic("program notation", [("x**2 + 1", "x^2+1"), ("(1 + sqrt(5))/2", r"\frac{1+\sqrt{5}}{2}"), ("2√3", r"2\sqrt{3}")], [(r"6\sqrt(3)", "6")]),
    Topic("fonts and layout", [(r"\mathbf{1.5}", "1.5"), (r"\left(\tfrac12\right)", "0.5"), (r"1+\mathrm{i}", "1+i")], [(r"1+\mathrm{i}", r"1-\mathrm{i}")]),
    Topic("units", [("15 cm", "15"), (r"15\text{ cm}^2", "15"), ("12 mph", r"12\text{ miles per hour}"), ("3 million", "3000000"), ("1 hour 12 minutes", "72 minutes"), ("12 dollars and 50 cents", "12.5"), ("3 dozen", "36")], [("15 cm", "15 m"), ("5 m/s", "5 m"), ("5 miles east", "5 miles west"), ("15 cats", "15 dogs"), ("3 or more", "3")]),
    Topic("variables that look like units", [(r"\frac{1}{2} m", r"\frac{m}{2}"), ("20m+100", "100 + 20m"), ("5 m", "5")], [("100+20m", "120"), ("5", "5m"), ("6s^2", "6"), (r"\sqrt{3}s", r"\sqrt{3}"), (r"25\pi h", r"25\pi"), (r"2\sin t", r"2\cos t")]),
    Topic("money", [(r"\$5.50", "5.5"), ("£5", "5"), (r"\$36", r"36\text{ dollars}"), ("75 cents", r"\$0.75"), (r"\$5K", "5000")], [("£5", r"\$5"), ("5 cents", "5 dollars"), ("5K", "5")]),
    Topic("percent", [(r"25\%", "25"), (r"25\%", "0.25"), ("25 percent", r"25\%")], [(r"25\%", "2.5"), (r"1\%", "1")]),
    Topic("degrees", [(r"45^\circ", "45"), (r"30^\circ", r"\frac{\pi}{6}"), (r"\sin 30^\circ", r"\frac12"), (r"180^\circ", r"\pi\text{ radians}")], [(r"\sin 30", r"\frac12"), (r"90^\circ", r"90\text{ radians}")]),
    Topic("times of day", [("4:30 PM", r"\text{4:30 p.m.}"), ("4:30 p.m.", "4:30"), ("16:30", "4:30 p.m."), ("4 p.m.", "4:00 p.m.")], [("16:30", "4:30"), ("4:30 a.m.", "4:30 p.m."), ("2:5", "12:30")]),
    Topic("ratios", [("2:4", "1:2"), ("1:2", r"\frac{1}{2}"), ("3 to 4", "3:4")], [("1:2", "2:1")]),
    Topic("bases", [("1010_2", r"1010_{\text{two}}"), ("1010", "1010_2"), ("(1010)_2", "1010_2")], [("1010_2", "1010_3"), ("1010_2", "10")]),
    Topic("named values", [("x=5", "5"), ("m+n=17", "17"), ("y=2x+1", "2x+1"), ("x=1,y=2", "(1,2)"), (r"x \in \{1,2\}", "1,2")], [("x=5", "y=5"), ("2x=8", "8"), ("xy=6", "6"), ("5", "2x+z=5")]),
    Topic("equations", [("2x+2y=4", "x+y=2"), ("4=x^2+y^2", "x^2+y^2=4")], [("x+y=1", "x-y=1")]),
    Topic("congruences", [(r"x\equiv 10\pmod 7", r"x \equiv 3 \pmod{7}"), (r"3\pmod 7", "3")], [(r"x\equiv 3\pmod 7", r"x\equiv 5\pmod 7"), (r"10\pmod 7", "3")]),
    Topic("intervals", [("0<x<12.5", "(0, 12.5)"), (r"x\le -1 \text{ or } x\ge 3", r"(-\infty,-1]\cup[3,\infty)"), (r"x\ne 0", r"\mathbb{R}\setminus\{0\}"), (r"2\ge x\ge 1", r"1\le x\le 2"), ("|x|>2", r"(-\infty,-2)\cup(2,\infty)")], [("[1,2)", "(1,2]"), ("(1,2)", r"1\le x\le 2")]),
    Topic("lists and sets", [("3,2,1", r"\{1,2,3\}"), (r"\pm 7", "7,-7"), ("2 and 3", "2,3"), (r"\{1,2,2\}", r"\{1,2\}")], [(r"\{\{1\},2\}", r"\{1,\{2\}\}"), ("1,2", "1"), ("1,1,2", "1,2")]),
    Topic("tuples and vectors", [("1,2", "(1,2)"), (r"\langle 1,2\rangle", r"\begin{pmatrix}1\\2\end{pmatrix}"), (r"\begin{vmatrix}1&2\\3&4\end{vmatrix}", "-2")], [("(1,2)", "(2,1)"), (r"\{1,2\}", "(1,2)"), ("[1,2]", "(1,2)"), (r"\begin{pmatrix}1&2\end{pmatrix}", r"\begin{pmatrix}1\\2\end{pmatrix}")]),
    Topic("sequences", [(r"1,2,\dots,10", r"1,2,\ldots,10"), (r"1,2,3,\ldots,10", r"1,2,\ldots,10")], [(r"1,2,\ldots,9", r"1,2,\ldots,10"), (r"1+2+\cdots+n", r"1+2+\cdots+m")]),
    Topic("words", [(r"\text{Yes}", "yes"), (r"\text{(A)}", "A"), (r"\text{two}", "2"), ("three quarters", r"\frac34"), ("the square root of 5", r"\sqrt5"), (r"\text{no solution}", r"\emptyset")], [("half of 5", "5"), ("BCA", "ABC"), (r"\text{neve}", r"\text{even}"), ("A", "a")]),
    Topic("lists of letters", [(r"\text{B, E, and G}", r"\{B,E,G\}"), (r"\text{C, A}", "A,C")], [(r"\text{C, B, A}", r"\text{A, B, C}")]),
    Topic("options with a value", [(r"\textbf{(B)}\ 12", "12"), ("(B) 12", "B")], [(r"\textbf{(B)}\ 12", "13"), ("(B) 12", "A")]),
    Topic("names in geometry", [(r"\angle BAC", r"\angle CAB")], [(r"\angle BAC", r"\angle ABC"), (r"\overline{AB}", r"\overline{AC}")]),
]  # fmt: skip


def lines() -> list[str]:
    """The table in Markdown, a line a topic."""
    rows = [
        f"| {name} | {_cell(equal, '=')} | {_cell(different, '≠')} |" for name, equal, different in TOPICS
    ]
    return ["| topic | equal | different |", "| --- | --- | --- |", *rows]


def _cell(pairs: list[tuple[str, str]], sign: str) -> str:
    return ", ".join(f"{_code(answer)} {sign} {_code(reference)}" for answer, reference in pairs)


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


if __name__ == "__main__":
    print("\n".join(lines()))  # noqa: T201
