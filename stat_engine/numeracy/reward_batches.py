"""Batches for the reward model: what is to be answered at which token.

The rewards are read at the newlines alone. Training also asks for the sign at every other token whose
truth is known, because a wrong digit is then found where it stands; and it goes on predicting the
tokens of correct responses, because to find a wrong digit one has to know the right one.
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
    """Four matrices of one shape, (responses, tokens); `UNKNOWN` where nothing is to be answered."""

    tokens: Tensor
    # At every newline 1 for a correct step and 0 for a wrong one.
    is_correct: Tensor
    # At the other tokens, whether the response is correct up to and with this token.
    is_correct_so_far: Tensor
    # The token that comes next in a correct response.
    next_tokens: Tensor


class _Row(NamedTuple):
    ids: list[int]
    places: list[int]
    example: StepExample
    # Where the ids first differ from the correct text's; None where that is unknown or nowhere.
    changed_at: int | None


def reward_batches(
    tokenizer: PreTrainedTokenizerBase,
    examples: Sequence[StepExample],
    n_epochs: int,
    batch_size: int,
    seed: int,
) -> Iterator[RewardBatch]:
    """Batches of similar lengths, in random order within a chunk."""
    rng = Random(f"reward batches {seed}")
    rows = [_row(tokenizer, example) for example in examples]
    for _ in range(n_epochs):
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
    is_correct, so_far, next_tokens = (torch.full(tokens.shape, UNKNOWN) for _ in range(3))
    signs = tokenizer.convert_tokens_to_ids(["+", "-"])
    for i, row in enumerate(rows):
        start = row.ids.index(tokenizer.sep_token_id)
        is_correct[i, row.places] = torch.tensor(row.example.is_correct).long()
        so_far[i, : len(row.ids)] = torch.tensor(_so_far(row, start))
        if all(row.example.is_correct):
            next_tokens[i, start : len(row.ids) - 1] = tokens[i, start + 1 : len(row.ids)]
    # Where a sign itself comes next, the two questions would contradict each other.
    before_sign = torch.isin(tokens[:, 1:], torch.tensor(signs))
    so_far[:, :-1][before_sign] = UNKNOWN
    at_newline = is_correct != UNKNOWN
    so_far[at_newline] = UNKNOWN
    next_tokens[at_newline] = UNKNOWN
    return RewardBatch(tokens, is_correct, so_far, next_tokens)


def _so_far(row: _Row, start: int) -> list[int]:
    """The truth at every token; in a sample's first wrong line only the newline's is known."""
    truth = [UNKNOWN] * len(row.ids)
    line_start, was_correct = start + 1, True
    for place, is_correct in zip(row.places, row.example.is_correct, strict=True):
        for i in range(line_start, place):
            if is_correct or not was_correct:
                truth[i] = int(is_correct)
            elif row.changed_at is not None:
                truth[i] = int(i < row.changed_at)
        line_start, was_correct = place + 1, is_correct
    return truth
