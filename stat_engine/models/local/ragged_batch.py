"""Decode rows of unequal length together: finished rows leave the batch and waiting rows take their place.

In: rows (prompt tokens, maximum length of the answer). Out: the same rows with their answers. A budget of
tokens limits how many rows are decoded together. Except for rounding, a row's answer does not depend on
the rows beside it. The batch is left-padded and has one key-value cache."""

import inspect
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from stat_engine.errors import StatError
from stat_engine.models.local.cache import is_plain, join_rows, keep_rows, roomy_cache
from stat_engine.models.local.memory import TokenBudget, is_out_of_memory, release

if TYPE_CHECKING:
    import torch


@dataclass(eq=False)
class Row:
    """One answer on its way."""

    prompt: tuple[int, ...]
    room: int
    """Tokens that may be written."""
    numbers: list[float] = field(default_factory=list)
    """Random numbers, one a token; none for greedy rows."""
    written: list[int] = field(default_factory=list)
    finish: Literal["stop", "length"] | None = None
    """null: not ended."""

    def tokens(self) -> tuple[int, ...]:
        """The prompt and what was written so far."""
        return (*self.prompt, *self.written)

    def number(self) -> float:
        """The random number for the next token; 0 for a greedy row."""
        return self.numbers[len(self.written)] if self.numbers else 0.0

    def span(self) -> int:
        """Tokens that the row holds when its room is used up."""
        return len(self.prompt) + self.room


class Batch:
    """Rows that are decoded together, and the logits of each one's next token."""

    def __init__(self, model: Any, rows: list[Row]) -> None:
        import torch

        self.rows = rows
        self.logits: torch.Tensor
        self._model = model
        self._takes = inspect.signature(model.forward).parameters
        self._cache = roomy_cache(model)
        # Samples of one prompt share its forward pass.
        places: dict[tuple[int, ...], int] = {}
        shared = [places.setdefault(row.tokens(), len(places)) for row in rows]
        width = max(map(len, places))
        ids = torch.tensor([(0,) * (width - len(tokens)) + tokens for tokens in places], device=model.device)
        mask = [[0] * (width - len(tokens)) + [1] * len(tokens) for tokens in places]
        self._mask = torch.tensor(mask, device=model.device)
        self._forward(ids, (self._mask.cumsum(dim=-1) - 1).clamp(min=0))
        if len(places) < len(rows):
            self._select(shared)
            self._cache.reorder_cache(torch.tensor(shared))

    def is_plain(self) -> bool:
        """Whether rows can join."""
        return is_plain(self._cache)

    def write(self, tokens: list[int]) -> None:
        """Go one token further in each row."""
        import torch

        ids = torch.tensor(tokens, device=self._mask.device).unsqueeze(-1)
        self._mask = torch.cat([self._mask, torch.ones_like(ids)], dim=-1)
        self._forward(ids, self._mask.sum(dim=-1, keepdim=True) - 1)

    def keep(self, kept: list[int]) -> None:
        """Drop all other rows, and padding that no row needs any more."""
        self.rows = [self.rows[at] for at in kept]
        self._select(kept)
        n_trimmed = int(self._mask.argmax(dim=-1).min()) if self.is_plain() else 0
        self._mask = self._mask[:, n_trimmed:]
        keep_rows(self._cache, kept, n_trimmed)

    def join(self, other: "Batch") -> None:
        """Take the rows of another batch in."""
        import torch
        from torch.nn.functional import pad

        self.rows = self.rows + other.rows
        self.logits = torch.cat([self.logits, other.logits])
        width = max(self._mask.shape[1], other._mask.shape[1])
        self._mask = torch.cat([pad(mask, (width - mask.shape[1], 0)) for mask in (self._mask, other._mask)])
        join_rows(self._cache, other._cache)

    def _forward(self, ids: "torch.Tensor", positions: "torch.Tensor") -> None:
        # Models differ in whether they know positions by number, and whether they can leave logits out.
        extra = {"position_ids": positions, "logits_to_keep": 1}
        output = self._model(
            input_ids=ids,
            attention_mask=self._mask,
            past_key_values=self._cache,
            use_cache=True,
            **{name: value for name, value in extra.items() if name in self._takes},
        )
        self.logits = output.logits[:, -1]

    def _select(self, rows: list[int]) -> None:
        self._mask, self.logits = self._mask[rows], self.logits[rows]


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

        When memory runs out, the current rows continue under a smaller budget; raises
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
