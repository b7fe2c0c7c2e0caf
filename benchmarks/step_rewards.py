"""Scoring the steps of a response, with a random +/- model of 100M weights in RLHFlow's form.

Two baselines, taking turns with score(), the best round of each:
- the bare forward pass: the base model called on the same padded batches, tokenized beforehand;
- re-encoding: a forward pass a step over the response so far, in batches as large as ours, as public code
  for generative reward models computes it. Its rewards must equal ours to 1e-4.
Responses are gold solutions of the embedded questions, their steps repeated until there are enough."""

import os
import tempfile
from pathlib import Path
from timeit import timeit

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from tokenizers import Tokenizer, decoders
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from stat_engine.config import RewardModelConfig
from stat_engine.models.local.loading import keep_quiet
from stat_engine.models.rewards.plus_minus import RlhflowRewardModel
from stat_engine.numeracy.dataset import generate

N_RESPONSES, N_STEPS, TOKEN_BUDGET, ROUNDS = 16, 8, 2048, 3
SPECIALS = ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|start_header_id|>{{ message['role'] }}<|end_header_id|>\n\n"
    "{{ message['content'] | trim }}<|eot_id|>{% endfor %}"
)
Item = tuple[str, list[str]]
Batch = list[tuple[int, int, list[int]]]
"""(response, step, tokens before the step's sign) of each row."""


def make_items() -> list[Item]:
    """Questions with as many steps each as asked for."""
    problems = generate(N_RESPONSES, 0, "uniform")
    return [(p.problem, ([step.text for step in p.reference] * N_STEPS)[:N_STEPS]) for p in problems]


def make_checkpoint(folder: Path, items: list[Item]) -> None:
    """A Llama of 12 layers, 768 wide, with 32k tokens; its byte-level tokenizer is trained on the items."""
    backend = Tokenizer(BPE())
    backend.pre_tokenizer, backend.decoder = ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = ByteLevel.alphabet()
    texts = [text for problem, steps in items for text in (problem, *steps)]
    backend.train_from_iterator(
        texts,
        BpeTrainer(vocab_size=2000, special_tokens=SPECIALS, initial_alphabet=alphabet, show_progress=False),
    )
    PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token=SPECIALS[0], eos_token=SPECIALS[3], pad_token=SPECIALS[3],
        chat_template=TEMPLATE,
    ).save_pretrained(folder)  # fmt: skip
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=32000, hidden_size=768, intermediate_size=2048, num_hidden_layers=12, num_attention_heads=12,
        max_position_embeddings=4096, tie_word_embeddings=True,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)


def conversation(problem: str, steps: list[str]) -> list[dict[str, str]]:
    """The chat of public code: the question with step 1, a turn a later step, + as every answer."""
    turns = [f"{problem} {steps[0]}", *steps[1:]]
    return [
        message
        for turn in turns
        for message in ({"role": "user", "content": turn}, {"role": "assistant", "content": "+"})
    ]


def batches_of(rows: Batch) -> list[tuple[Batch, torch.Tensor]]:
    """Batches by length under the token budget, longest first, padded on the right."""
    rows, batches = sorted(rows, key=lambda row: -len(row[2])), []
    while rows:
        width = len(rows[0][2])
        n = max(1, TOKEN_BUDGET // width)
        ids = torch.tensor([row[2] + [0] * (width - len(row[2])) for row in rows[:n]])
        batches.append((rows[:n], ids))
        rows = rows[n:]
    return batches


class Baseline:
    """The same checkpoint, called by hand."""

    def __init__(self, folder: Path, items: list[Item]) -> None:
        self.model, self.items = AutoModelForCausalLM.from_pretrained(folder).eval(), items
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.signs = [self.tokenizer.encode(sign)[-1] for sign in "+-"]
        self.whole = batches_of([(at, N_STEPS - 1, self.encode(item)) for at, item in enumerate(items)])

    def encode(self, item: Item) -> list[int]:
        """Tokens before the last sign, which two tokens and the end of turn follow the last one read."""
        ids = self.tokenizer.apply_chat_template(conversation(*item), return_dict=False)
        return list(ids[:-2])

    @torch.inference_mode()
    def bare(self) -> None:
        """The base model on the batches of whole responses."""
        for _, ids in self.whole:
            self.model.model(input_ids=ids, use_cache=False)

    @torch.inference_mode()
    def re_encoded(self) -> np.ndarray:
        """Rewards (responses, steps), each step from its own pass; only the last position's logits."""
        rewards = np.zeros((len(self.items), N_STEPS))
        for n in range(N_STEPS):
            so_far = [(at, n, self.encode((p, steps[: n + 1]))) for at, (p, steps) in enumerate(self.items)]
            for rows, ids in batches_of(so_far):
                hidden = self.model.model(input_ids=ids, use_cache=False).last_hidden_state
                last = hidden[torch.arange(len(rows)), torch.tensor([len(row[2]) - 1 for row in rows])]
                plus = self.model.lm_head(last)[:, self.signs].double().softmax(-1)[:, 0]
                rewards[[row[0] for row in rows], n] = plus.numpy()
        return rewards


def main() -> None:
    """Print sizes, times and both ratios."""
    torch.set_num_threads(1)
    keep_quiet()
    items = make_items()
    with tempfile.TemporaryDirectory() as folder:
        make_checkpoint(Path(folder), items)
        config = RewardModelConfig(backend="rlhflow", model=folder, token_budget=TOKEN_BUDGET)
        ours, theirs = RlhflowRewardModel(config), Baseline(Path(folder), items)
    rewards = np.array([scored.step_rewards for scored in ours.score(items)])
    assert np.allclose(rewards, theirs.re_encoded(), atol=1e-4)
    rounds = [
        [timeit(work, number=1) for work in (theirs.bare, lambda: ours.score(items), theirs.re_encoded)]
        for _ in range(ROUNDS)
    ]
    bare, one_pass, slow = np.array(rounds).min(axis=0)
    n_tokens = sum(len(row[2]) for rows, _ in theirs.whole for row in rows)
    n_padded = sum(ids.numel() for _, ids in theirs.whole)
    n_weights = sum(weight.numel() for weight in theirs.model.parameters())
    print(
        f"{n_weights / 1e6:.0f}M weights, {N_RESPONSES} responses of {N_STEPS} steps, {n_tokens} tokens, "
        f"{n_padded} padded, in {len(theirs.whole)} batches; best of {ROUNDS}"
    )
    print(
        f"bare forward {bare:.2f} s, score() {one_pass:.2f} s: {n_tokens / one_pass:.0f} tokens/s, "
        f"{bare / one_pass:.3f} of the bare forward"
    )
    print(f"re-encoding {slow:.2f} s: score() is {slow / one_pass:.2f} times as fast, rewards within 1e-4")


if __name__ == "__main__":
    main()
