"""Batches for the reward model: what is to be answered at which token.

The rewards are read at the newlines alone. Training also asks for the sign at the other tokens, up to
the first wrong one, because a wrong digit is then found where it stands.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from stat_engine.numeracy.reward_examples import StepExample
from stat_engine.numeracy.reward_model import encode_steps, pad_right

BATCHES_A_CHUNK = 50
UNKNOWN = -1


class RewardBatch(NamedTuple):
    """Three matrices of one shape, (responses, tokens); `UNKNOWN` where nothing is to be answered."""

    tokens: Tensor
    # At every newline 1 for a correct step and 0 for a wrong one.
    is_correct: Tensor
    # At the other tokens 1 as long as the response is correct, and 0 at its first wrong token.
    is_right_token: Tensor


class _Row(NamedTuple):
    ids: list[int]
    places: list[int]
    example: StepExample
    # Where the ids first differ from the correct text's; None where they do not, or for a sample.
    changed_at: int | None


def reward_batches(
    tokenizer: PreTrainedTokenizerBase, examples: Sequence[StepExample], batch_size: int, seed: int
) -> Iterator[RewardBatch]:
    """Batches of similar lengths, in random order within a chunk; starts again when all were used."""
    rng = Random(f"reward batches {seed}")
    rows = [_row(tokenizer, example) for example in examples]
    while True:
        rng.shuffle(rows)
        for chunk_start in range(0, len(rows), batch_size * BATCHES_A_CHUNK):
            chunk = rows[chunk_start : chunk_start + batch_size * BATCHES_A_CHUNK]
            chunk.sort(key=lambda row: len(row.ids))
            starts = list(range(0, len(chunk), batch_size))
            rng.shuffle(starts)
            for start in starts:
                yield _batch(chunk[start : start + batch_size], tokenizer)


def _row(tokenizer: PreTrainedTokenizerBase, example: StepExample) -> _Row:
    ids, places = encode_steps(tokenizer, example.problem.problem, example.steps)
    if example.intended is None:
        return _Row(ids, places, example, None)
    right, _ = encode_steps(tokenizer, example.problem.problem, example.intended.split("\n"))
    changed = (i for i, (a, b) in enumerate(zip(ids, right, strict=True)) if a != b)
    return _Row(ids, places, example, next(changed, None))


def _batch(rows: Sequence[_Row], tokenizer: PreTrainedTokenizerBase) -> RewardBatch:
    tokens = pad_right([row.ids for row in rows], tokenizer.pad_token_id)
    is_correct, is_right_token = torch.full(tokens.shape, UNKNOWN), torch.full(tokens.shape, UNKNOWN)
    for i, row in enumerate(rows):
        is_correct[i, row.places] = torch.tensor(row.example.is_correct).long()
        start = row.ids.index(tokenizer.sep_token_id) + 1
        right = _right_tokens(row, start)
        is_right_token[i, start : start + len(right)] = torch.tensor(right)
    is_right_token[is_correct != UNKNOWN] = UNKNOWN
    return RewardBatch(tokens, is_correct, is_right_token)


def _right_tokens(row: _Row, start: int) -> list[int]:
    """1 for every token from `start` that is known to be right, then 0 for the wrong one if known."""
    if row.changed_at is not None:
        return [1] * (row.changed_at - start) + [0]
    ends = [place for place, right in zip(row.places, row.example.is_correct, strict=True) if right]
    return [1] * (ends[-1] - start) if ends else []
