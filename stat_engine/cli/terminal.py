"""What is printed: one JSON object or readable lines on stdout, progress on stderr."""

import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import typer

if TYPE_CHECKING:
    from stat_engine.api import Report


def show(result: Mapping[str, object], as_json: bool, lines: Sequence[str]) -> None:
    """Print the result as one JSON object, or the lines for people."""
    typer.echo(in_json(result) if as_json else "\n".join(lines))


def in_json(result: Mapping[str, object]) -> str:
    """The result as one line of JSON; NaN is null."""
    return json.dumps(_plain(result), ensure_ascii=False)


def table(rows: Sequence[Mapping[str, Any]], columns: dict[str, str]) -> list[str]:
    """Rows as aligned lines: {key: heading}; numbers to the right, fractions with three places."""
    cells = [[_cell(row.get(key)) for key in columns] for row in rows]
    widths = [max(len(line[at]) for line in [list(columns.values()), *cells]) for at in range(len(columns))]
    is_number = [all(isinstance(row.get(key), int | float | None) for row in rows) for key in columns]

    def line(texts: Sequence[str]) -> str:
        padded = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(texts, widths, is_number, strict=True)
        ]
        return "  ".join(padded).rstrip()

    return [line(list(columns.values())), *map(line, cells)]


class TerminalReport:
    """Progress on stderr, one line a stage: rewritten in place on a terminal, else at every quarter."""

    listeners: ClassVar[list["Report"]] = []
    """Told the same: a job's worker listens to the verb that it runs."""

    def __init__(self) -> None:
        self._begun: dict[str, tuple[float, int]] = {}
        self._quarter: dict[str, int] = {}
        self._is_terminal = sys.stderr.isatty()

    def progress(self, stage: str, done: int, total: int) -> None:
        """Show how far the stage is, its rate and the time left."""
        self._show(stage, done, total)
        for listener in self.listeners:
            listener.progress(stage, done, total)

    def say(self, stage: str, sentence: str) -> None:
        """Show a sentence about the stage on a line of its own."""
        sys.stderr.write(f"{stage}: {sentence}\n")
        for listener in self.listeners:
            listener.say(stage, sentence)

    def _show(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        begun, already = self._begun.setdefault(stage, (now, done))
        is_last, quarter = done >= total, 4 * done // max(total, 1)
        if not is_last and not self._is_terminal and self._quarter.get(stage) == quarter:
            return
        self._quarter[stage] = quarter
        rate = (done - already) / (now - begun) if now > begun else 0.0
        left = f", {seconds((total - done) / rate)} left" if rate and not is_last else ""
        speed = f"  {rate:,.1f}/s{left}" if rate else ""
        text = f"{stage:<28} {done:>6,} of {total:,}{speed}"
        end = "\n" if is_last or not self._is_terminal else ""
        if is_last:  # the next run of a study has stages of the same names
            del self._begun[stage], self._quarter[stage]
        sys.stderr.write(("\r\x1b[K" if self._is_terminal else "") + text + end)
        sys.stderr.flush()


def seconds(value: float) -> str:
    """A length of time for people."""
    return f"{value:.0f} s" if value < 90 else f"{value / 60:.0f} min"


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:.2g}" if 0 < abs(value) < 0.0005 else f"{value:.3f}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _plain(value: Any) -> Any:
    """JSON has no NaN, null in its place, and no records, their fields in their place."""
    if hasattr(value, "model_dump"):  # no import of pydantic, for verbs that print no record
        return _plain(value.model_dump())
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
