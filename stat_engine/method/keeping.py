"""The rows of a batch under way: kept as they are made, read at the next start, and reported."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from stat_engine.models.base import Completion, Partial, PartialAnswers, PartialScores, Scored
from stat_engine.models.paid_calls.account import Report, tell_tokens
from stat_engine.store.journal import Journal, Key

COMPLETION, SCORED = TypeAdapter(Completion), TypeAdapter(Scored)
T = TypeVar("T")


class StageProgress:
    """How many rows of a stage are made, those of the batch under way included."""

    def __init__(self, report: Report, stage: str, total: int) -> None:
        self._report, self._stage, self._total = report, stage, total
        self._done = 0

    def batches(self, done: int) -> None:
        """So many rows are in complete batches."""
        self._done = done
        self._report.progress(self._stage, done, self._total)

    def rows(self, n: int) -> None:
        """So many rows of the batch under way are made; the very last row counts with its batch."""
        self._report.progress(self._stage, min(self._done + n, self._total - 1), self._total)

    def tokens(self, n: int) -> None:
        """So many more tokens are written."""
        tell_tokens(self._report, self._stage, n)


class Keeping:
    """Where the rows of one batch are kept as they are made."""

    def __init__(self, journal: Journal, progress: StageProgress) -> None:
        self._journal, self._progress = journal, progress
        progress.rows(len(journal.rows))

    def answers(self) -> PartialAnswers:
        """The batch's finished completions by (question, sample)."""
        found = _read(COMPLETION, self._journal.rows)
        known = {(key[0], key[1]): one for key, one in found if len(key) == 2}
        return Partial(known, lambda made: self._add([*made.items()]), self._tell)

    def scores(self) -> PartialScores:
        """The batch's finished scores by place."""
        known = {key[0]: one for key, one in _read(SCORED, self._journal.rows) if len(key) == 1}
        return Partial(known, lambda made: self._add([((at,), one) for at, one in made.items()]), self._tell)

    def _add(self, made: Iterable[tuple[Key, Completion | Scored]]) -> None:
        self._journal.add({key: asdict(one) for key, one in made})
        self._progress.rows(len(self._journal.rows))

    def _tell(self, n_tokens: int) -> None:
        self._journal.flush_if_due()
        self._progress.tokens(n_tokens)


def _read(kind: TypeAdapter[T], rows: Mapping[Key, dict[str, Any]]) -> Iterator[tuple[Key, T]]:
    """The rows that are what was kept; a damaged one is made again."""
    for key, row in rows.items():
        with contextlib.suppress(ValidationError):
            yield key, kind.validate_python(row)
