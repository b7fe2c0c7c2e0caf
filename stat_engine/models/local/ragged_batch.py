"""Decode rows of unequal length together, with a cache that rows join and leave without copying the rest.

In: rows (prompt tokens, maximum length of the answer). Out: the same rows with their answers. A budget of
tokens limits how many rows are decoded together. Except for rounding, a row's answer does not depend on
the rows beside it. The batch is left-padded and has one key-value cache.
"""

import inspect
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from stat_engine.errors import StatError
from stat_engine.models.local.loading import TokenBudget, is_out_of_memory, release

if TYPE_CHECKING:
    import torch

ROOM = 64
"""Spare tokens when keys and values are allocated again."""


class _Store:
    """Keys or values (rows, heads, tokens, size): a view on a larger buffer, its last token at `_end`."""

    def __init__(self) -> None:
        self._buffer: Any = None
        self._shown: Any = None
        self._end = 0

    def append(self, old: "torch.Tensor", new: "torch.Tensor") -> "torch.Tensor":
        """The old states and the new behind them."""
        if not old.numel():
            return self._lay_out(new, len(new), new.shape[-2])
        end = self._held(old, spare=new.shape[-2])._end
        self._buffer[: len(old), :, end : end + new.shape[-2]] = new
        self._end += new.shape[-2]
        return self._show(len(old), old.shape[-2] + new.shape[-2])

    def keep(self, old: "torch.Tensor", kept: list[int], n_trimmed: int) -> "torch.Tensor":
        """Rows `kept`, each at its own place or moved to an earlier one, without their first tokens."""
        self._held(old)
        moved = [(to, at) for to, at in enumerate(kept) if to != at]
        if moved:
            places, origins = map(list, zip(*moved, strict=True))
            self._shown[places] = self._shown[origins]
        return self._show(len(kept), old.shape[-2] - n_trimmed)

    def join(self, old: "torch.Tensor", others: "torch.Tensor") -> "torch.Tensor":
        """The old rows and the others below them, all ending at one place; padding has stale numbers."""
        self._held(old)
        rows, width = len(old) + len(others), max(old.shape[-2], others.shape[-2])
        if rows > len(self._buffer) or width > self._end:
            self._lay_out(old, rows, width)
        self._buffer[len(old) : rows, :, self._end - others.shape[-2] : self._end] = others
        return self._show(rows, width)

    def _held(self, states: "torch.Tensor", spare: int = 0) -> "_Store":
        if states is not self._shown or self._end + spare > self._buffer.shape[-2]:
            self._lay_out(states, len(states), states.shape[-2])
        return self

    def _lay_out(self, states: "torch.Tensor", n_rows: int, width: int) -> "torch.Tensor":
        rows, heads, length, size = states.shape
        # Zeros, because a masked number still must be a number: nothing times NaN is NaN.
        buffer = states.new_zeros(n_rows, heads, width + ROOM, size)
        buffer[:rows, :, width - length : width] = states
        self._buffer, self._end = buffer, width
        return self._show(rows, width)

    def _show(self, rows: int, length: int) -> "torch.Tensor":
        shown: torch.Tensor = self._buffer[:rows, :, self._end - length : self._end]
        self._shown = shown
        return shown


@cache
def _roomy_layer() -> Any:
    from transformers.cache_utils import DynamicLayer

    class RoomyLayer(DynamicLayer):  # type: ignore[misc]
        keys: Any
        values: Any

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self._k, self._v = _Store(), _Store()

        def update(self, key_states: Any, value_states: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
            self.keys = self._k.append(self.keys, key_states)
            self.values = self._v.append(self.values, value_states)
            return self.keys, self.values

        def keep(self, kept: list[int], n_trimmed: int) -> None:
            self.keys = self._k.keep(self.keys, kept, n_trimmed)
            self.values = self._v.keep(self.values, kept, n_trimmed)

        def join(self, other: Any) -> None:
            self.keys = self._k.join(self.keys, other.keys)
            self.values = self._v.join(self.values, other.values)

    return RoomyLayer


def roomy_cache(model: Any) -> Any:
    """An empty cache for the model, its layers of plain attention with room."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    made = DynamicCache(config=model.config)
    made.layers = [_roomy_layer()() if type(layer) is DynamicLayer else layer for layer in made.layers]
    return made


def is_plain(made: Any) -> bool:
    """Whether the cache is keys and values of every token, which can be cut and joined freely."""
    return bool(made.layers) and all(isinstance(layer, _roomy_layer()) for layer in made.layers)


def keep_rows(made: Any, kept: list[int], n_trimmed: int) -> None:
    """Hold rows `kept` only, in that order, none later than before; a plain cache is trimmed too."""
    import torch

    if is_plain(made):
        for layer in made.layers:
            layer.keep(kept, n_trimmed)
    else:
        made.reorder_cache(torch.tensor(kept))


def join_rows(made: Any, other: Any) -> None:
    """Put the rows of another plain cache below those of this one, ends aligned."""
    for layer, others in zip(made.layers, other.layers, strict=True):
        layer.join(others)


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
        # Mamba's names; its mask is for the prompt's pass alone, later ones have no padding.
        is_mamba = "cache_params" in self._takes
        cache = {"cache_params" if is_mamba else "past_key_values": self._cache}
        has_padding = not is_mamba or ids.shape == self._mask.shape
        output = self._model(
            input_ids=ids,
            attention_mask=self._mask if has_padding else None,
            use_cache=True,
            **cache,
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

    def __init__(self, model: Any, budget: TokenBudget, at_most: int | None = None) -> None:
        """`at_most`: rows in a batch; null: as many as the budget has room for."""
        self._model = model
        self._budget = budget
        self._at_most = at_most

    def decode(self, rows: Sequence[Row], choose: Choose, record: Record) -> Generator[tuple[int, list[Row]]]:
        """Write every row to its end, longest prompt first: after each step, the number of tokens that it
        wrote and the rows that ended in it.

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
            yield len(working), [row for row in working if row.finish is not None]

    def _admit(self, waiting: deque[Row], batch: Batch | None) -> list[Row]:
        """Take rows that fit beside those in work, where there are enough of them to pay for joining."""
        working = batch.rows if batch else []
        if batch and not batch.is_plain():
            return []
        span, n = max((row.span() for row in working), default=0), 0
        for row in waiting:
            span = max(span, row.span())
            n_rows = len(working) + n + 1
            if (n_rows * span > self._budget.tokens and n_rows > 1) or n_rows > (self._at_most or n_rows):
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
