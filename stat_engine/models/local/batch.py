"""Rows that are decoded together: one left-padded batch with a key-value cache, which rows leave and join."""

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from stat_engine.models.local.roomy_cache import is_plain, join_rows, keep_rows, roomy_cache

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
