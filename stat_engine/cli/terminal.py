"""What is printed: one JSON object or readable lines on stdout, progress on stderr."""

import json
import math
import re
import sys
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import typer

if TYPE_CHECKING:
    from stat_engine.api import Report

REWRITE_S = 0.2
"""A line on a terminal is rewritten at most so often."""
TERMINAL_S, LOG_S = 5.0, 60.0
"""A line is shown again after so long, on a terminal and elsewhere, whether or not anything is finished."""
SLOW = 0.5
"""Rows a second below which a rate is given by the minute."""


CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters of terminals, and those that turn the direction of text."""


def show(result: Mapping[str, object], as_json: bool, lines: Sequence[str]) -> None:
    """Print the result as one JSON object, or the lines for people."""
    typer.echo(in_json(result) if as_json else printable("\n".join(lines)))


def printable(text: str) -> str:
    """The text with its control characters but tab and line feed escaped: data control no terminal."""
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def in_json(result: Mapping[str, object]) -> str:
    """The result as one line of JSON; NaN is null."""
    text = json.dumps(_plain(result), ensure_ascii=False)
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


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


@dataclass
class _Stage:
    """A stage under way, as its line shows it."""

    name: str
    begun: float
    already: int
    """Rows that were there when it began."""
    total: int
    done: int
    n_tokens: int = 0
    quarter: int = -1
    shown_at: float = -math.inf


class TerminalReport:
    """Progress on stderr, one line a stage: rewritten in place on a terminal; else at every quarter, and
    once a minute in any case, also while nothing is finished."""

    listeners: ClassVar[list["Report"]] = []
    """Told the same: a job's worker listens to the verb that it runs."""

    def __init__(self) -> None:
        self._stages: dict[str, _Stage] = {}
        self._lock = threading.RLock()
        self._is_terminal = sys.stderr.isatty()
        self._clock: threading.Thread | None = None

    def progress(self, stage: str, done: int, total: int) -> None:
        """Show how far the stage is, its rate and the time left."""
        with self._lock:
            of = self._stages.setdefault(stage, _Stage(stage, time.monotonic(), done, total, done))
            of.done, of.total = done, total
            self._show_if_due(of)
            if done >= total:  # the next run of a study has stages of the same names
                del self._stages[stage]
            self._start_clock()
        for listener in self.listeners:
            listener.progress(stage, done, total)

    def wrote(self, stage: str, n_tokens: int) -> None:
        """Count tokens that the stage has written."""
        with self._lock:
            if stage in self._stages:
                self._stages[stage].n_tokens += n_tokens
        for listener in self.listeners:
            getattr(listener, "wrote", _nothing)(stage, n_tokens)

    def say(self, stage: str, sentence: str) -> None:
        """Show a sentence about the stage on a line of its own."""
        sys.stderr.write(printable(f"{stage}: {sentence}\n"))
        for listener in self.listeners:
            listener.say(stage, sentence)

    def tick(self) -> None:
        """Show the newest stage under way again, where its line is old."""
        with self._lock:
            newest = list(self._stages.values())[-1:]
            wait_s = TERMINAL_S if self._is_terminal else LOG_S
            if newest and time.monotonic() - newest[0].shown_at >= wait_s:
                self._show(newest[0])

    def _start_clock(self) -> None:
        if self._clock is None:
            # the thread must not keep alive what nobody uses any more
            self._clock = threading.Thread(target=_tick, args=(weakref.ref(self),), daemon=True)
            self._clock.start()

    def _show_if_due(self, of: _Stage) -> None:
        age, quarter = time.monotonic() - of.shown_at, 4 * of.done // max(of.total, 1)
        is_due = age >= REWRITE_S if self._is_terminal else quarter != of.quarter or age >= LOG_S
        of.quarter = quarter
        if is_due or of.done >= of.total:
            self._show(of)

    def _show(self, of: _Stage) -> None:
        is_last, of.shown_at = of.done >= of.total, time.monotonic()
        end = "\n" if is_last or not self._is_terminal else ""
        sys.stderr.write(("\r\x1b[K" if self._is_terminal else "") + _line(of, of.shown_at) + end)
        sys.stderr.flush()


def _line(of: _Stage, now: float) -> str:
    """The stage, its rows, rate and time left, and its tokens; the time taken while there is nothing else."""
    elapsed, is_last = now - of.begun, of.done >= of.total
    rate = (of.done - of.already) / elapsed if elapsed > 0 else 0.0
    said = [_rate(rate)] if rate else []
    said += [f"{seconds((of.total - of.done) / rate)} left"] if rate and not is_last else []
    if of.n_tokens:
        said.append(f"{of.n_tokens:,} tokens")
        said += [f"{of.n_tokens / elapsed:,.1f} tokens/s"] if elapsed > 0 else []
    if not said and elapsed >= 1:
        said.append(f"after {seconds(elapsed)}")
    return f"{of.name:<28} {of.done:>6,} of {of.total:,}" + (f"  {', '.join(said)}" if said else "")


def _rate(rate: float) -> str:
    return f"{rate:,.1f}/s" if rate >= SLOW else f"{60 * rate:,.1f}/min"


def _nothing(*_: object) -> None:
    """What a report does with tokens that it does not count."""


def _tick(report: "weakref.ref[TerminalReport]") -> None:
    while (of := report()) is not None:
        of.tick()
        del of
        time.sleep(1.0)


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
