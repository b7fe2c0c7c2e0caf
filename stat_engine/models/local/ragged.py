"""Decoding rows of unequal length together: rows that end leave the batch, waiting rows take their place.

In: rows (prompt tokens, room for the answer). Out: the same rows with what was written. As many are decoded
together as a budget of tokens allows. But for rounding, the rows beside a row do not change what it says."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from stat_engine.errors import StatError
from stat_engine.models.local.batch import Batch, Row
from stat_engine.models.local.memory import TokenBudget, is_out_of_memory, release

if TYPE_CHECKING:
    import torch

JOIN_SHARE = 1 / 4
"""Share of a batch that must be free for waiting rows to join; below it, their own pass costs more."""

Choose = Callable[["torch.Tensor", list[Row]], list[int]]
"""The next token of each row, from logits (rows, vocabulary)."""
Record = Callable[[Row, int], None]
"""Adds a token to a row, and ends the row where that is due."""


class Decoder:
    """Writes rows to their end under a budget of tokens, which outlives a call."""

    def __init__(self, model: Any, budget: TokenBudget) -> None:
        self._model = model
        self._budget = budget

    def decode(self, rows: Sequence[Row], choose: Choose, record: Record) -> None:
        """Write every row to its end, longest prompt first.

        When memory runs out, the rows in work go on from where they were under a smaller budget; raises
        StatError where a single row does not fit."""
        waiting = deque(sorted(rows, key=lambda row: -len(row.prompt)))
        batch: Batch | None = None
        while waiting or batch:
            joining = self._admit(waiting, batch)
            working = (batch.rows if batch else []) + joining
            is_out = False
            try:
                batch = _advanced(self._joined(batch, joining), choose, record)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                is_out = True
            # Not in the handler: the error's traceback keeps tensors alive.
            if is_out:
                batch = None
                release()
                self._shrink(working)
                waiting.extendleft(row for row in reversed(working) if row.finish is None)

    def _admit(self, waiting: deque[Row], batch: Batch | None) -> list[Row]:
        """Take rows that fit beside those in work, where there are enough of them to pay for joining."""
        working = batch.rows if batch else []
        if batch and not batch.is_plain():
            return []
        span, n = max((row.span() for row in working), default=0), 0
        for row in waiting:
            span = max(span, row.span())
            if (len(working) + n + 1) * span > self._budget.tokens and (working or n):
                break
            n += 1
        if working and n < len(waiting) and n < len(working) * JOIN_SHARE:
            return []
        return [waiting.popleft() for _ in range(n)]

    def _joined(self, batch: Batch | None, joining: list[Row]) -> Batch:
        if batch and not joining:
            return batch
        new = Batch(self._model, joining)
        self._budget.went_well()
        if batch:
            batch.join(new)
        return batch or new

    def _shrink(self, rows: list[Row]) -> None:
        if len(rows) == 1:
            raise StatError(
                f"memory ran out on a single answer of up to {rows[0].span()} tokens; set a smaller "
                "student.max_tokens, or student.dtype=bfloat16 for a model half as large"
            )
        self._budget.ran_out(len(rows) * max(row.span() for row in rows))


def _advanced(batch: Batch, choose: Choose, record: Record) -> Batch | None:
    """The batch one token on, None where all its rows have ended."""
    tokens = choose(batch.logits, batch.rows)
    for row, token in zip(batch.rows, tokens, strict=True):
        record(row, token)
    kept = _closed_up([row.finish is None for row in batch.rows])
    if not kept:
        return None
    if len(kept) < len(tokens):
        batch.keep(kept)
    batch.write([tokens[at] for at in kept])
    return batch


def _closed_up(alive: list[bool]) -> list[int]:
    """Positions of what is alive, the last ones moved into the gaps, so that few rows change place."""
    kept = [at for at, is_alive in enumerate(alive) if is_alive]
    return [at if alive[at] else kept.pop() for at in range(len(kept))]
