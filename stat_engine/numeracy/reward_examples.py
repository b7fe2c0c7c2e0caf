"""Training examples of the reward model: lines of pool questions with the truth about each.

Three sources: the student's own samples, reference wordings, and reference wordings with one digit
changed. A step is wrong from the first wrong line on. Batches say what is to be answered at which token."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import and_
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from stat_engine.numeracy.checker import check
from stat_engine.numeracy.evaluate import respond
from stat_engine.numeracy.problem import Problem, solution_text
from stat_engine.numeracy.reward_model import encode_steps, pad_right

SAMPLING_TEMPERATURE = 1.0


@dataclass(frozen=True)
class StepExample:
    """A response with the truth about its steps."""

    problem: Problem
    steps: tuple[str, ...]
    is_correct: tuple[bool, ...]
    # The correct text of which a digit was changed, or the text itself; None for a student's sample.
    intended: str | None = None


def label_steps(problem: Problem, response: str, intended: str | None = None) -> StepExample:
    """The response's lines; none is correct from the first wrong one on."""
    steps = tuple(response.split("\n"))
    checked = [line.is_correct for line in check(problem, list(steps))]
    return StepExample(problem, steps, tuple(accumulate(checked, and_)), intended)


def change_digit(text: str, rng: Random) -> str:
    """The text with one of its digits replaced by another one."""
    place = rng.choice([i for i, character in enumerate(text) if character.isdigit()])
    digit = rng.choice([d for d in "0123456789" if d != text[place]])
    return text[:place] + digit + text[place + 1 :]


def make_examples(
    student: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    pool: Sequence[Problem],
    seed: int,
    more_samples: int = 12,
) -> list[StepExample]:
    """Examples over the pool; a question whose first sample is wrong gets `more_samples` more.

    Such a question also gets all its gold wordings, several times, so that "this skill is usually
    wrong" alone does not tell a step's reward."""
    rng = Random(f"reward model {seed}")
    first = sample_examples(student, tokenizer, pool, seed)
    failed = [e.problem for e in first if not all(e.is_correct)]
    more = sample_examples(student, tokenizer, failed * more_samples, seed + 1)
    examples = first + more
    for problem in [*pool, *failed * (more_samples // 2)]:
        text = solution_text(rng.choice(problem.solutions))
        examples.append(label_steps(problem, text, text))
        examples.append(label_steps(problem, change_digit(text, rng), text))
    return examples


def sample_examples(
    student: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    problems: Sequence[Problem],
    seed: int,
    temperature: float = SAMPLING_TEMPERATURE,
) -> list[StepExample]:
    """One labelled response of the student a problem."""
    texts = [problem.problem for problem in problems]
    responses = respond(student, tokenizer, texts, temperature, seed)
    return [label_steps(p, text) for p, text in zip(problems, responses, strict=True)]


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
