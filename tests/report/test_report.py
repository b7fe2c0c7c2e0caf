"""The report: everything in it, nothing loaded, nothing of others' text read as markup."""

import re
from html.parser import HTMLParser
from pathlib import Path

import plotly.graph_objects as go
import pytest

from stat_engine import views
from stat_engine.errors import NotThereYet, StatError
from stat_engine.report import write
from stat_engine.report.contents import Figure, Heading, Paragraph, Passage, Report, Table
from stat_engine.report.writers import as_html, as_markdown
from tests.evaluating import run_with_arms
from tests.factories import a_response

HOSTILE = "</pre><script src=http://evil.example/x.js></script>|`**x**` <img src=x onerror=alert(1)>"


class Loaded(HTMLParser):
    """Tags outside scripts, and every address they would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [str(value) for name, value in attrs if name in ("src", "href", "srcset", "data")]


def test_the_report_holds_every_arm_with_its_accuracy_and_loads_nothing(tmp_path: Path) -> None:
    run = run_with_arms(tmp_path, difficult="dddeeeee")
    result = views.compare.compare(run)
    html = write(run, tmp_path / "report.html").read_text()
    markdown = write(run, tmp_path / "report.md").read_text()
    for arm in [{"arm": "base", **result["base"]}, *result["arms"]]:
        cell = f"{arm['accuracy']:.3f} ({arm['ci_low']:.3f}–{arm['ci_high']:.3f})"
        assert f"<td>{arm['arm']}</td><td>{cell}</td>" in html
        assert f"| {arm['arm']} | {cell} |" in markdown
    for sentence in result["verdict"]:
        assert sentence in html and sentence in markdown
    assert Loaded(html).addresses == []
    assert html.count("Plotly.newPlot(") >= 4
    assert html.count("plotly.js v") == 1
    assert "default-src 'none'" in html


def test_the_report_counts_apart_what_could_not_be_graded(tmp_path: Path) -> None:
    run = run_with_arms(tmp_path)
    mute = a_response("u-0", "t0", is_correct=False, answer=None)
    run.evaluation("mute", 0, "test").write("f", [mute], {})
    (sentence,) = views.benchmarks.unreadable_sentences(run)
    assert sentence in write(run, tmp_path / "report.md").read_text()


def test_a_skill_of_two_subjects_is_named_with_its_subject(tmp_path: Path) -> None:
    run = run_with_arms(tmp_path)  # whose vocabulary has area twice
    html = write(run, tmp_path / "report.html").read_text()
    assert "Area (Geometry) \\u00b7 1" in html and "Addition \\u00b7 2" in html


def test_hostile_questions_and_responses_are_text(tmp_path: Path) -> None:
    run = run_with_arms(tmp_path, problem=HOSTILE)
    html = write(run, tmp_path / "report.html").read_text()
    found = Loaded(html)
    assert found.addresses == [] and "img" not in found.tags
    assert "&lt;/pre&gt;&lt;script src=http://evil.example/x.js&gt;" in html
    fenced = re.findall(r"^(`{3,})\n(.*?)\n\1$", write(run, tmp_path / "report.md").read_text(), re.S | re.M)
    assert sum(HOSTILE in text for _, text in fenced) == 4  # three gained and one lost


def test_hostile_names_are_escaped_wherever_they_stand() -> None:
    figure = go.Figure(go.Bar(x=[HOSTILE], y=[1]))
    table = Table([HOSTILE], [[HOSTILE]])
    report = Report(
        HOSTILE,
        [
            Heading(HOSTILE),
            Paragraph(HOSTILE),
            table,
            Figure(figure, HOSTILE, table),
            Passage(HOSTILE, HOSTILE),
        ],
    )
    found = Loaded(as_html(report))
    assert found.addresses == [] and "img" not in found.tags
    assert found.tags.count("script") == 3  # Plotly's settings, Plotly itself, the one chart
    lines = as_markdown(report).splitlines()
    assert lines[0].startswith("# \\</pre\\>\\<script") and "\\|\\`\\*\\*x\\*\\*\\`" in lines[0]
    assert lines[lines.index("| --- |") + 1].count(" | ") == 0  # the cell's bar opens no second one


def test_a_passage_cannot_close_its_fence() -> None:
    text = as_markdown(Report("x", [Passage("p", "a\n```\n# not a title\n````")]))
    assert text == "# x\n\np\n\n`````\na\n```\n# not a title\n````\n`````\n"


def test_a_report_needs_an_ending_it_knows_and_an_evaluation(tmp_path: Path) -> None:
    run = run_with_arms(tmp_path, {"random": ["rr"]})
    with pytest.raises(StatError, match=r"found ending '.pdf', expected one of: .html, .md"):
        write(run, tmp_path / "report.pdf")
    with pytest.raises(NotThereYet, match="no evaluation yet"):
        write(run, tmp_path / "report.md")
    assert not (tmp_path / "report.md").exists()
