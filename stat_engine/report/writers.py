"""Write a report as one self-contained HTML file, or as Markdown.

All text in the HTML is escaped, charts and script are inside, and a Content-Security-Policy forbids every
connection, so no text in it can load anything. In Markdown, charts become the tables that they show, and
other people's text is in fences that it cannot close."""

import re
from collections.abc import Sequence
from html import escape

from stat_engine.report.contents import Block, Figure, Heading, Paragraph, Passage, Report, Table

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:"
)
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1a2330; background: #fff; max-width: 1080px;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.8rem; } h2 { font-size: 1.25rem; margin-top: 2.2rem; }
table { border-collapse: collapse; margin: 1rem 0; font-size: .9rem; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid #d8dee6; padding: .35rem .7rem; text-align: left; vertical-align: top; }
th { background: #f4f6f8; } td { font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0; } figcaption, .label { color: #55606e; font-size: .9rem; }
pre { background: #f4f6f8; padding: .7rem; margin: .2rem 0 1rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
@media print { figure, tr, pre { break-inside: avoid; } }
"""


def as_html(report: Report) -> str:
    """The whole file; Plotly's script stands in it once, before the first chart."""
    body, n_figures = [], 0
    for block in report.blocks:
        is_figure = isinstance(block, Figure)
        body.append(_figure(block, n_figures) if isinstance(block, Figure) else _text(block))
        n_figures += is_figure
    title = escape(report.title)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _text(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h2>{escape(block.text)}</h2>"
    if isinstance(block, Table):
        return _html_table(block)
    if isinstance(block, Passage):
        return f'<div class="label">{escape(block.label)}</div><pre>{escape(block.text)}</pre>'
    assert isinstance(block, Paragraph)
    return f"<p>{escape(block.text)}</p>"


def _html_table(table: Table) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in table.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _figure(block: Figure, at: int) -> str:
    drawn = block.figure.to_html(
        full_html=False,
        include_plotlyjs=at == 0,
        div_id=f"figure-{at + 1}",
        config={"displaylogo": False, "responsive": True},
    )
    caption = f"<figcaption>{escape(block.caption)}</figcaption>"
    numbers = (
        f"<details><summary>The numbers</summary>{_html_table(block.table)}</details>" if block.table else ""
    )
    return f"<figure>{drawn}{caption}{numbers}</figure>"


_MARKUP = re.compile(r"([\\`*_\[\]<>|#~&$])")


def as_markdown(report: Report) -> str:
    """The whole file."""
    blocks = [f"# {_line(report.title)}", *(_block(block) for block in report.blocks)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"## {_line(block.text)}"
    if isinstance(block, Paragraph):
        return _line(block.text)
    if isinstance(block, Table):
        return _markdown_table(block)
    if isinstance(block, Passage):
        longest = max((len(ticks) for ticks in re.findall(r"`+", block.text)), default=0)
        fence = "`" * max(3, longest + 1)
        return f"{_line(block.label)}\n\n{fence}\n{block.text}\n{fence}"
    return f"{_line(block.caption)}\n\n{_markdown_table(block.table)}" if block.table else ""


def _markdown_table(table: Table) -> str:
    under = f"|{' --- |' * len(table.columns)}"
    return "\n".join([_cells(table.columns), under, *map(_cells, table.rows)])


def _cells(row: Sequence[str]) -> str:
    return f"| {' | '.join(_line(cell) for cell in row)} |"


def _line(text: str) -> str:
    """On one line, every character shown as itself."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
