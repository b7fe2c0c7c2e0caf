"""Choosing the next token of each row: greedy, or by temperature, top-p and the row's own random numbers."""

from typing import TYPE_CHECKING

import numpy as np

from stat_engine.models.base import Sampling

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
