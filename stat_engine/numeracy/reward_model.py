"""Step rewards in one pass: P("+") over {"+", "-"} at each step's newline.

The input is `<bos>problem<sep>` and every step followed by a newline, the last one too; a step's reward
is read from the logits at its newline."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

BATCH_SIZE = 200
Responses = Sequence[tuple[str, Sequence[str]]]
"""(problem, steps) of each response."""


def encode_steps(
    tokenizer: PreTrainedTokenizerBase, problem: str, steps: Sequence[str]
) -> tuple[list[int], list[int]]:
    """The token ids, and the position of every step's newline."""
    ids = [tokenizer.bos_token_id, *_ids(tokenizer, problem), tokenizer.sep_token_id]
    places = []
    for step in steps:
        ids += _ids(tokenizer, step + "\n")
        places.append(len(ids) - 1)
    return ids, places


def _ids(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def pad_right(rows: Sequence[Sequence[int]], pad: int) -> Tensor:
    """One matrix; causal attention never looks at padding on the right, so it needs no mask."""
    tokens = torch.full((len(rows), max(map(len, rows))), pad)
    for i, ids in enumerate(rows):
        tokens[i, : len(ids)] = torch.tensor(ids)
    return tokens


def sign_logits(logits: Tensor, tokenizer: PreTrainedTokenizerBase) -> Tensor:
    """Of logits over the vocabulary, those of "+" and "-", in this order."""
    return logits[..., tokenizer.convert_tokens_to_ids(["+", "-"])].float()


def _batches(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, responses: Responses
) -> Iterator[tuple[list[tuple[list[int], list[int]]], Tensor]]:
    """(token ids and ends of the steps of each response, all the ids padded on the model's device)."""
    encoded = [encode_steps(tokenizer, problem, steps) for problem, steps in responses]
    for start in range(0, len(encoded), BATCH_SIZE):
        batch = encoded[start : start + BATCH_SIZE]
        yield batch, pad_right([ids for ids, _ in batch], tokenizer.pad_token_id).to(model.device)


@torch.inference_mode()
def score_steps(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    responses: Responses,
) -> list[list[float]]:
    """The rewards, 0 to 1, of the steps of every (problem, steps); one reward a step, in order."""
    rewards: list[list[float]] = []
    for batch, tokens in _batches(model, tokenizer, responses):
        chances = sign_logits(model(input_ids=tokens).logits, tokenizer).softmax(-1)[..., 0]
        rewards += [chances[i, places].tolist() for i, (_, places) in enumerate(batch)]
    return rewards


@torch.inference_mode()
def score_by_token_probability(
    student: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    responses: Responses,
) -> list[list[float]]:
    """The control that needs no reward model: the student's lowest token probability so far.

    "So far", as a step after a wrong one counts as wrong."""
    scores: list[list[float]] = []
    for batch, tokens in _batches(student, tokenizer, responses):
        chances = student(input_ids=tokens[:, :-1]).logits.float().softmax(-1)
        written = chances.gather(-1, tokens[:, 1:, None])[..., 0]
        for row, (ids, places) in zip(written, batch, strict=True):
            start_of_steps = ids.index(tokenizer.sep_token_id)
            scores.append([row[start_of_steps : place - 1].min().item() for place in places])
    return scores
