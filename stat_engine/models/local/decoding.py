"""The choice of the next token, and the end of an answer.

An answer ends at an end-of-sequence token, a stop text or its maximum length. Tokens are chosen greedily,
or by temperature, top-p and the row's own random numbers."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from stat_engine.models.base import Completion, Sampling
from stat_engine.models.local.ragged_batch import Row

_MARGIN = 8
"""Tokens looked at beyond a stop text's bytes: some tokens write nothing, or lose a leading space."""


class Endings:
    """Ends rows, and turns ended ones into completions."""

    def __init__(self, tokenizer: Any, ends: Collection[int], stop: Collection[str]) -> None:
        special = set(tokenizer.all_special_tokens)
        self._tokenizer = tokenizer
        # Special tokens are left out of texts, so a stop text that is one can only be known by its number.
        self._ends = {*ends, *(tokenizer.convert_tokens_to_ids(text) for text in stop if text in special)}
        self._stop = [text for text in stop if text and text not in special]
        self._window = max((len(text.encode()) for text in self._stop), default=0) + _MARGIN

    def record(self, row: Row, token: int) -> None:
        """Add a token to a row, which ends with an end token, a stop text or its room."""
        if token in self._ends:
            row.finish = "stop"
            return
        row.written.append(token)
        if self._has_stopped(row.written):
            row.finish = "stop"
        elif len(row.written) == row.room:
            row.finish = "length"

    def completion(self, row: Row) -> Completion:
        """The answer of an ended row, without its stop text and without space around it."""
        text = self._text(row.written)
        cuts = [text.find(stop) for stop in self._stop if stop in text]
        return Completion(text[: min(cuts, default=None)].strip(), len(row.written), row.finish or "length")

    def _has_stopped(self, written: list[int]) -> bool:
        # The end of a text is cheap to look at after every token; only the whole text is certain.
        return self._is_stopped(written[-self._window :]) and self._is_stopped(written)

    def _is_stopped(self, tokens: list[int]) -> bool:
        if not self._stop:
            return False
        text = self._text(tokens)
        return any(stop in text for stop in self._stop)

    def _text(self, tokens: list[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))


if TYPE_CHECKING:
    import torch


def draws(sampling: Sampling, seed: int, prompt: int, sample: int, room: int) -> list[float]:
    """`room` numbers in [0, 1) for one row, none for a greedy one; nothing but the arguments decides."""
    if sampling.temperature == 0:
        return []
    # Seeds of numpy are not negative; a configuration's may be.
    numbers: list[float] = np.random.default_rng([seed % 2**64, prompt, sample]).random(room).tolist()
    return numbers


def choose(logits: "torch.Tensor", sampling: Sampling, numbers: list[float]) -> list[int]:
    """One token a row of `logits` (rows, vocabulary), by inverse distribution function at the row's number.

    Top-p keeps the fewest tokens, most probable first, whose probabilities reach it together."""
    import torch

    if sampling.temperature == 0:
        greedy: list[int] = logits.argmax(dim=-1).tolist()
        return greedy
    shares = torch.softmax(logits.float() / sampling.temperature, dim=-1)
    tokens = None
    if sampling.top_p < 1:
        shares, tokens = shares.sort(dim=-1, descending=True, stable=True)
        shares = shares.where(shares.cumsum(dim=-1) - shares < sampling.top_p, 0.0)
    so_far = shares.cumsum(dim=-1)
    at = torch.tensor(numbers, device=logits.device).unsqueeze(-1) * so_far[:, -1:]
    # The clamp is for numbers so near 1 that rounding puts them past the last token that has a share.
    last = (shares > 0).cumsum(dim=-1).argmax(dim=-1, keepdim=True)
    chosen = torch.searchsorted(so_far, at, right=True).minimum(last)
    if tokens is not None:
        chosen = tokens.gather(-1, chosen)
    found: list[int] = chosen.squeeze(-1).tolist()
    return found
