"""A report as Markdown: charts as the tables they show, other people's text in fences it cannot close."""

import re
from collections.abc import Sequence

from stat_engine.ui.report.blocks import Block, Heading, Paragraph, Passage, Report, Table

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
        return _table(block)
    if isinstance(block, Passage):
        longest = max((len(ticks) for ticks in re.findall(r"`+", block.text)), default=0)
        fence = "`" * max(3, longest + 1)
        return f"{_line(block.label)}\n\n{fence}\n{block.text}\n{fence}"
    return f"{_line(block.caption)}\n\n{_table(block.table)}" if block.table else ""


def _table(table: Table) -> str:
    under = f"|{' --- |' * len(table.columns)}"
    return "\n".join([_cells(table.columns), under, *map(_cells, table.rows)])


def _cells(row: Sequence[str]) -> str:
    return f"| {' | '.join(_line(cell) for cell in row)} |"


def _line(text: str) -> str:
    """On one line, every character shown as itself."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
