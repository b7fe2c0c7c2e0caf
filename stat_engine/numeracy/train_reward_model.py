"""Train the small process reward model: the student with two more layers, trained to judge steps.

In: a student's checkpoint. Out: a deeper checkpoint, read by `reward_model.score_steps`. Measured on
responses to test questions: how well the rewards order correct and wrong steps (AUC), over all questions
and within the weak skills alone, beside the student's own token probability."""

import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from stat_engine.models.checkpoints import locate
from stat_engine.numeracy.dataset import split_problems
from stat_engine.numeracy.reports import RewardModelConfig, RewardModelReport, write_reward_model_card
from stat_engine.numeracy.reward_examples import (
    UNKNOWN,
    RewardBatch,
    StepExample,
    make_examples,
    reward_batches,
    sample_examples,
)
from stat_engine.numeracy.reward_model import score_by_token_probability, score_steps, sign_logits
from stat_engine.numeracy.skills import WEAK_SKILLS

__all__ = ["RewardModelConfig", "RewardModelReport", "train_reward_model"]

PROGRESS_STEPS = 50
CHANGED_SHARE = 0.2
TOKEN_LOSS_WEIGHT = 0.5
EVALUATION_TEMPERATURE = 0.7


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
    checkpoint = locate(str(student), "student")
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    base = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    model = _deepened(base, config.n_new_layers)
    splits = split_problems(dataset_seed)
    started = time.monotonic()
    pool = splits["train"][: config.n_pool]
    examples = make_examples(base, tokenizer, pool, seed, config.more_samples)
    _train(model, base, tokenizer, examples, config, seed, progress)
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


def _deepened(student: PreTrainedModel, n_new_layers: int) -> PreTrainedModel:
    """The student with more layers on top, which change nothing until they are trained.

    The student knows the right digit only in its last layer: without layers after that one, nothing
    can compare it with the digit that was written, and the reward model hardly learns."""
    settings = deepcopy(student.config)
    settings.num_hidden_layers += n_new_layers
    model = AutoModelForCausalLM.from_config(settings, dtype=torch.float32)
    model.load_state_dict(student.state_dict(), strict=False)
    for layer in model.model.layers[student.config.num_hidden_layers :]:
        torch.nn.init.zeros_(layer.self_attn.o_proj.weight)
        torch.nn.init.zeros_(layer.mlp.down_proj.weight)
    model.generation_config = deepcopy(student.generation_config)
    return model


def _train(
    model: PreTrainedModel,
    student: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: list[StepExample],
    config: RewardModelConfig,
    seed: int,
    progress: Callable[[int, float], None] | None,
) -> None:
    optimizer = torch.optim.AdamW(
        model.parameters(), config.learning_rate, betas=(0.9, 0.98), weight_decay=0.05
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / 50, 1.0, 2 * (1 - step / config.steps))
    )
    # As in pretraining: the fused attention's backward pass is slow on a CPU at these lengths.
    model.set_attn_implementation("eager")
    model.train()
    losses: list[float] = []
    for step, batch in enumerate(reward_batches(tokenizer, examples, config.batch_size, seed), 1):
        compares = step <= config.comparison_steps
        find_loss = _comparison_loss if compares else _reward_loss
        loss = find_loss(model, student, tokenizer, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        schedule.step()
        losses.append(loss.item())
        if progress and step % PROGRESS_STEPS == 0:
            progress(step, sum(losses[-PROGRESS_STEPS:]) / PROGRESS_STEPS)
        if step >= config.steps:
            break
    model.set_attn_implementation("sdpa")
    model.eval()


def _comparison_loss(
    model: PreTrainedModel,
    student: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    batch: RewardBatch,
) -> Tensor:
    """The first lesson: at every digit, is it the one that the student would have written?

    A fifth of the digits are changed, so that every response holds many of both kinds; the rewards
    are learnt much sooner after it."""
    digits = torch.tensor(tokenizer.convert_tokens_to_ids(list("0123456789")))
    tokens = batch.tokens.clone()
    in_solution = (tokens == tokenizer.sep_token_id).cumsum(1) > 0
    asked = torch.isin(tokens, digits) & in_solution
    changed = asked & (torch.rand(tokens.shape) < CHANGED_SHARE)
    tokens[changed] = digits[torch.randint(0, 10, (int(changed.sum()),))]
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        expected = student(input_ids=tokens).logits.argmax(-1)
    is_expected = torch.full(tokens.shape, UNKNOWN)
    is_expected[:, 1:] = torch.where(asked[:, 1:], (expected[:, :-1] == tokens[:, 1:]).long(), UNKNOWN)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(input_ids=tokens).logits
    return _balanced_loss(sign_logits(logits, tokenizer), is_expected)


def _reward_loss(
    model: PreTrainedModel,
    student: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    batch: RewardBatch,
) -> Tensor:
    """The rewards at the newlines, and the right and wrong tokens before them."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(input_ids=batch.tokens).logits
    signs = sign_logits(logits, tokenizer)
    known = batch.is_correct != UNKNOWN
    # "+", a correct step's sign, is class 0.
    rewards = cross_entropy(signs[known], 1 - batch.is_correct[known])
    return rewards + TOKEN_LOSS_WEIGHT * _balanced_loss(signs, batch.is_right_token)


def _balanced_loss(signs: Tensor, is_right: Tensor) -> Tensor:
    """Right tokens are many and wrong ones few: each kind has half of the weight."""
    right, wrong = (signs[is_right == kind] for kind in (1, 0))
    losses = [
        cross_entropy(kind, torch.full((len(kind),), sign, dtype=torch.long))
        for sign, kind in enumerate((right, wrong))
        if len(kind)
    ]
    return torch.stack(losses).mean() if losses else signs.sum() * 0


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
