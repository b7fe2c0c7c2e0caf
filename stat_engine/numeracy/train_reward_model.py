"""Makes the small process reward model: the student's weights, trained on to judge steps.

In: a student's checkpoint. Out: a checkpoint of the same shape, read by `reward_model.score_steps`.
Measured on responses to test questions: how well the rewards order right and wrong steps (AUC), over
all questions and within the weak skills alone, beside the student's own token probability.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from stat_engine.numeracy.cards import write_reward_model_card
from stat_engine.numeracy.dataset import split_problems
from stat_engine.numeracy.reports import RewardModelConfig, RewardModelReport
from stat_engine.numeracy.reward_examples import StepExample, make_examples, sample_examples
from stat_engine.numeracy.reward_model import (
    encode_steps,
    pad_right,
    score_by_token_probability,
    score_steps,
    sign_logits,
)
from stat_engine.numeracy.skills import WEAK_SKILLS

__all__ = ["RewardModelConfig", "RewardModelReport", "train_reward_model"]

PROGRESS_STEPS = 50
BATCHES_A_CHUNK = 50
EVALUATION_TEMPERATURE = 0.7


class _Batch(NamedTuple):
    tokens: Tensor
    # At every newline 1 for a correct step and 0 for a wrong one; -1 elsewhere.
    is_correct: Tensor
    # The token that comes next in a correct response; -1 where none is to be predicted.
    next_tokens: Tensor


def train_reward_model(
    student: Path,
    out: Path,
    seed: int = 0,
    config: RewardModelConfig | None = None,
    progress: Callable[[int, float], None] | None = None,
    dataset_seed: int = 0,
) -> RewardModelReport:
    """Train a reward model from the student's checkpoint and save it under `out`.

    `progress` gets the step and the mean loss, every 50 steps."""
    config = config or RewardModelConfig()
    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(student)
    base = AutoModelForCausalLM.from_pretrained(student, dtype=torch.float32).eval()
    model = AutoModelForCausalLM.from_pretrained(student, dtype=torch.float32)
    splits = split_problems(dataset_seed)
    started = time.monotonic()
    pool = splits["train"][: config.n_pool]
    examples = make_examples(base, tokenizer, pool, seed, config.more_samples)
    _train(model, tokenizer, examples, config, seed, progress)
    seconds = time.monotonic() - started
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    tested = sample_examples(
        base, tokenizer, splits["test"][: config.n_evaluated], seed + 2, EVALUATION_TEMPERATURE
    )
    report = _report(model, base, tokenizer, tested, config).model_copy(
        update={
            "seed": seed,
            "n_examples": len(examples),
            "n_steps": sum(len(e.steps) for e in examples),
            "share_correct": float(np.mean([right for e in examples for right in e.is_correct])),
            "seconds": seconds,
        }
    )
    write_reward_model_card(out, report)
    return report


def _train(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: list[StepExample],
    config: RewardModelConfig,
    seed: int,
    progress: Callable[[int, float], None] | None,
) -> None:
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, betas=(0.9, 0.98), weight_decay=0.05
    )
    n_steps = config.epochs * -(-len(examples) // config.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / 50, 1 - step / n_steps)
    )
    # As in pretraining: the fused attention's backward pass is slow on a CPU at these lengths.
    model.set_attn_implementation("eager")
    model.train()
    losses: list[float] = []
    for step, batch in enumerate(_batches(tokenizer, examples, config, seed), 1):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(input_ids=batch.tokens).logits
        losses.append(_update(logits, batch, tokenizer, model, optimizer))
        schedule.step()
        if progress and step % PROGRESS_STEPS == 0:
            progress(step, sum(losses[-PROGRESS_STEPS:]) / PROGRESS_STEPS)
    model.set_attn_implementation("sdpa")
    model.eval()


def _update(
    logits: Tensor,
    batch: _Batch,
    tokenizer: PreTrainedTokenizerBase,
    model: PreTrainedModel,
    optimizer: torch.optim.Optimizer,
) -> float:
    """One optimiser step; returns the loss of the rewards alone.

    Beside the signs the model goes on predicting the tokens of correct responses: to find a wrong
    digit it has to know the right one, and without this it forgets what the student knew."""
    scored = batch.is_correct >= 0
    signs = sign_logits(logits, tokenizer)[scored]
    # Class 0 is "+", so a correct step has class 0.
    loss = torch.nn.functional.cross_entropy(signs, 1 - batch.is_correct[scored])
    written = batch.next_tokens >= 0
    language_loss = torch.nn.functional.cross_entropy(logits[written].float(), batch.next_tokens[written])
    (loss + language_loss).backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item()


def _batches(
    tokenizer: PreTrainedTokenizerBase,
    examples: list[StepExample],
    config: RewardModelConfig,
    seed: int,
) -> Iterator[_Batch]:
    """Batches of similar lengths, in random order within a chunk."""
    rng = Random(f"reward batches {seed}")
    rows = [(*encode_steps(tokenizer, e.problem.problem, e.steps), e.is_correct) for e in examples]
    size = config.batch_size
    for _ in range(config.epochs):
        rng.shuffle(rows)
        for chunk_start in range(0, len(rows), size * BATCHES_A_CHUNK):
            chunk = rows[chunk_start : chunk_start + size * BATCHES_A_CHUNK]
            chunk.sort(key=lambda row: len(row[0]))
            starts = list(range(0, len(chunk), size))
            rng.shuffle(starts)
            for start in starts:
                yield _batch(chunk[start : start + size], tokenizer)


def _batch(
    rows: Sequence[tuple[list[int], list[int], tuple[bool, ...]]], tokenizer: PreTrainedTokenizerBase
) -> _Batch:
    tokens = pad_right([ids for ids, _, _ in rows], tokenizer.pad_token_id)
    is_correct, next_tokens = torch.full(tokens.shape, -1), torch.full(tokens.shape, -1)
    for i, (ids, places, truth) in enumerate(rows):
        is_correct[i, places] = torch.tensor(truth).long()
        if all(truth):
            start = ids.index(tokenizer.sep_token_id)
            next_tokens[i, start : len(ids) - 1] = tokens[i, start + 1 : len(ids)]
            # A newline answers with a sign, so it predicts no token.
            next_tokens[i, places] = -1
    return _Batch(tokens, is_correct, next_tokens)


def area_under_curve(scores: Sequence[float], is_correct: Sequence[bool]) -> float:
    """The chance that a correct step scores above a wrong one, ties half; nan without both kinds."""
    values, truth = np.asarray(scores), np.asarray(is_correct, dtype=bool)
    right, wrong = values[truth], np.sort(values[~truth])
    if not len(right) or not len(wrong):
        return float("nan")
    below = np.searchsorted(wrong, right, "left") + np.searchsorted(wrong, right, "right")
    return float(below.mean() / 2 / len(wrong))


def _report(
    model: PreTrainedModel,
    student: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    tested: list[StepExample],
    config: RewardModelConfig,
) -> RewardModelReport:
    rows = [(e.problem.problem, e.steps) for e in tested]
    rewards = score_steps(model, tokenizer, rows)
    control = score_by_token_probability(student, tokenizer, rows)
    weak = [(e.problem.subject, e.problem.skill) in WEAK_SKILLS for e in tested]
    truth = [e.is_correct for e in tested]
    found = [is_difficult(row, config.tau1, config.tau2) for row in rewards]
    failed = [not all(row) for row in truth]
    caught = sum(f and t for f, t in zip(found, failed, strict=True))
    return RewardModelReport(
        config=config,
        n_test_steps=sum(map(len, truth)),
        step_auc=_auc(rewards, truth, [True] * len(rows)),
        step_auc_weak=_auc(rewards, truth, weak),
        token_probability_auc=_auc(control, truth, [True] * len(rows)),
        token_probability_auc_weak=_auc(control, truth, weak),
        difficult_precision=caught / max(sum(found), 1),
        difficult_recall=caught / max(sum(failed), 1),
    )


def is_difficult(rewards: Sequence[float], tau1: float, tau2: float) -> bool:
    """The paper's rule: a low final or mean reward (`tau1`), or a low reward before the end (`tau2`)."""
    mean = sum(rewards) / len(rewards)
    return rewards[-1] < tau1 or mean < tau1 or any(reward < tau2 for reward in rewards[:-1])


def _auc(scores: Sequence[Sequence[float]], truth: Sequence[Sequence[bool]], keep: Sequence[bool]) -> float:
    kept = [(s, t) for s, t, k in zip(scores, truth, keep, strict=True) if k]
    return area_under_curve(
        [score for row, _ in kept for score in row], [right for _, row in kept for right in row]
    )
