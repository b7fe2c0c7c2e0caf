"""What a report is made of, whatever it is written as: plain text in, no markup."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go


@dataclass(frozen=True)
class Heading:
    """A section's title."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Sentences."""

    text: str


@dataclass(frozen=True)
class Table:
    """A heading a column, and rows of as many cells."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Figure:
    """A chart, its caption, and the same numbers as a table for a reader without charts (None: they stand
    elsewhere in the report)."""

    figure: go.Figure
    caption: str
    table: Table | None = None


@dataclass(frozen=True)
class Passage:
    """Somebody else's text, shown as it is, under a label."""

    label: str
    text: str


Block = Heading | Paragraph | Table | Figure | Passage


@dataclass(frozen=True)
class Report:
    """A title and its blocks in order."""

    title: str
    blocks: Sequence[Block]
