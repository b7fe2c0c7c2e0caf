"""Train the small student from scratch, with its tokenizer: Llama-shaped, on a skewed mixture of problems.

In: a seed. Out: a checkpoint folder that `AutoModelForCausalLM` loads. Rare skills are a few problems in
a thousand, so the student learns the common steps and not the procedures built from them: its weaknesses
are real. The optimiser of both small models is Muon for the weight matrices and AdamW for the rest.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from string import digits

import torch
from tokenizers import Regex, Tokenizer, decoders
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from transformers import (
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from stat_engine.numeracy.dataset import generate, split_problems
from stat_engine.numeracy.evaluate import MAX_NEW_TOKENS, measure_accuracy
from stat_engine.numeracy.expressions import LEADS
from stat_engine.numeracy.problem import ANSWER_PREFIX, Problem, Step, solution_text
from stat_engine.numeracy.reports import PretrainConfig, PretrainReport, write_student_card
from stat_engine.numeracy.templates import TEMPLATES
from stat_engine.numeracy.templates.template import ITEMS, NAMES

SPECIAL_TOKENS = ("<pad>", "<bos>", "<sep>", "<eos>", "<unk>")
TOKEN_PATTERN = r" ?[A-Za-z]+|[0-9]|\n| |[^\sA-Za-z0-9]"
SIGNS = "+-*/^()=.,:?"
DRAWS_A_TEMPLATE = 40

# A user turn is `<bos>problem<sep>`, an assistant turn `solution<eos>`. The generation block marks
# what a trainer may take the loss on.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] + eos_token }}{% endgeneration %}"
    "{% else %}{{ bos_token + message['content'] + sep_token }}{% endif %}"
    "{% endfor %}"
)


def vocabulary() -> list[str]:
    """Special tokens, digits, signs and every word of the templates, in a fixed order."""
    words: set[str] = set()
    for template in TEMPLATES:
        for text in template.texts:
            words |= _words(re.sub(r"\{\w+\}", "0", text))
        for seed in range(DRAWS_A_TEMPLATE):
            problem = template.draw(Random(seed))
            for steps in problem.solutions:
                words |= _words(solution_text(steps))
    words |= _words(ANSWER_PREFIX)
    for word in (*NAMES, *ITEMS, *LEADS):
        words |= {word, f" {word}"}
    return [*SPECIAL_TOKENS, "\n", " ", *digits, *SIGNS, *sorted(words)]


def _words(text: str) -> set[str]:
    return {token for token in re.findall(TOKEN_PATTERN, text) if re.search("[A-Za-z]", token)}


def build_tokenizer() -> PreTrainedTokenizerFast:
    """The tokenizer with its chat template; it adds no special tokens by itself."""
    ids = {token: i for i, token in enumerate(vocabulary())}
    backend = Tokenizer(WordLevel(ids, unk_token="<unk>"))
    backend.pre_tokenizer = Split(Regex(TOKEN_PATTERN), behavior="isolated")
    backend.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="<pad>",
        bos_token="<bos>",
        sep_token="<sep>",
        eos_token="<eos>",
        unk_token="<unk>",
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=256,
        chat_template=CHAT_TEMPLATE,
    )


class Optimizer:
    """Both optimisers as one, with the learning rate's factor as a function of the step."""

    def __init__(self, model: PreTrainedModel, learning_rate: float, factor: Callable[[int], float]) -> None:
        self.parameters = list(model.parameters())
        named = dict(model.named_parameters())
        matrices = [p for name, p in named.items() if p.ndim == 2 and "embed" not in name]
        others = [p for name, p in named.items() if p.ndim != 2 or "embed" in name]
        self.parts: list[torch.optim.Optimizer] = [
            # The scaling that lets both parts share one learning rate.
            torch.optim.Muon(matrices, learning_rate, 0.05, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, learning_rate, betas=(0.9, 0.98), weight_decay=0.05),
        ]
        self.schedules = [LambdaLR(part, factor) for part in self.parts]

    def step(self, loss: torch.Tensor) -> None:
        """One step down the loss, its gradient clipped to norm 1."""
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for part, schedule in zip(self.parts, self.schedules, strict=True):
            part.step()
            part.zero_grad(set_to_none=True)
            schedule.step()


__all__ = ["PretrainConfig", "PretrainReport", "pretrain"]

BATCHES_A_CHUNK = 50
# The first wording of a problem against each of the others, in what is trained on.
REFERENCE_WEIGHT, OTHER_WEIGHT = 7, 1
IGNORED = -100


def pretrain(
    out: Path,
    seed: int = 0,
    config: PretrainConfig | None = None,
    progress: Callable[[int, float], None] | None = None,
    dataset_seed: int = 0,
) -> PretrainReport:
    """Train a student and save it under `out`, tokenizer included.

    `progress` gets the step and the loss, once a chunk of 50 steps. No question text of the data set
    with `dataset_seed`, pool or test, is trained on."""
    config = config or PretrainConfig()
    torch.manual_seed(seed)
    splits = split_problems(dataset_seed)
    excluded = {problem.problem for problems in splits.values() for problem in problems}
    tokenizer = build_tokenizer()
    model = _new_model(config, tokenizer)
    started = time.monotonic()
    loss, n_tokens = _train(model, tokenizer, config, seed, excluded, progress)
    seconds = time.monotonic() - started
    save_checkpoint(model, tokenizer, out)
    test = splits["test"][: config.n_evaluated]
    report = PretrainReport(
        seed=seed,
        config=config,
        n_parameters=model.num_parameters(),
        n_problems=config.steps * config.batch_size,
        n_tokens=n_tokens,
        seconds=seconds,
        final_loss=loss,
        accuracy=measure_accuracy(model, tokenizer, test) if test else None,
    )
    write_student_card(out, report)
    return report


def _new_model(config: PretrainConfig, tokenizer: PreTrainedTokenizerBase) -> LlamaForCausalLM:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=config.hidden_size,
            intermediate_size=config.mlp_size,
            num_hidden_layers=config.n_layers,
            num_attention_heads=config.n_heads,
            max_position_embeddings=256,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def save_checkpoint(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerBase, out: Path) -> None:
    """Weights in float32, greedy generation by default, and the tokenizer with its chat template."""
    model.generation_config = GenerationConfig(
        do_sample=False,
        max_new_tokens=MAX_NEW_TOKENS,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model.eval()
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def _train(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerBase,
    config: PretrainConfig,
    seed: int,
    excluded: set[str],
    progress: Callable[[int, float], None] | None,
) -> tuple[float, int]:
    """The mean loss of the last chunk, and the number of tokens trained on."""
    optimizer = Optimizer(model, config.learning_rate, lambda step: learning_rate_factor(step, config))
    # On a CPU the backward pass of the fused attention takes half of the time at these lengths.
    model.set_attn_implementation("eager")
    model.train()
    losses: list[float] = []
    n_tokens = 0
    for step, (tokens, labels) in enumerate(_batches(tokenizer, config, seed, excluded), 1):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            # Padding is on the right, so causal attention never sees it: no mask is needed.
            loss = model(input_ids=tokens, labels=labels).loss
        optimizer.step(loss)
        losses.append(loss.item())
        n_tokens += int((tokens != tokenizer.pad_token_id).sum())
        if progress and step % BATCHES_A_CHUNK == 0:
            progress(step, sum(losses[-BATCHES_A_CHUNK:]) / BATCHES_A_CHUNK)
    model.set_attn_implementation("sdpa")
    recent = losses[-BATCHES_A_CHUNK:]
    return sum(recent) / max(len(recent), 1), n_tokens


def learning_rate_factor(step: int, config: PretrainConfig) -> float:
    """Linear warm-up, constant, linear to zero."""
    if step < config.warmup_steps:
        return (step + 1) / config.warmup_steps
    turn = config.constant_share * config.steps
    if step < turn:
        return 1.0
    return max(0.0, (config.steps - step) / (config.steps - turn))


def _batches(
    tokenizer: PreTrainedTokenizerBase, config: PretrainConfig, seed: int, excluded: set[str]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of similar lengths, in random order within a chunk."""
    rng = Random(f"pretrain {seed}")
    n_problems = config.steps * config.batch_size
    stream = generate(n_problems, seed, "pretraining", exclude=excluded)
    for done in range(0, config.steps, BATCHES_A_CHUNK):
        n_batches = min(BATCHES_A_CHUNK, config.steps - done)
        problems = [next(stream) for _ in range(n_batches * config.batch_size)]
        rows = sorted(_encode(tokenizer, problems, rng), key=lambda row: len(row[0]))
        starts = list(range(0, len(rows), config.batch_size))
        rng.shuffle(starts)
        for start in starts:
            yield _pad(rows[start : start + config.batch_size], tokenizer.pad_token_id)


def _encode(
    tokenizer: PreTrainedTokenizerBase, problems: list[Problem], rng: Random
) -> list[tuple[list[int], int]]:
    """The token ids of question and one wording, and where the solution starts."""
    questions = tokenizer([problem.problem for problem in problems])["input_ids"]
    texts = [solution_text(_wording(problem, rng)) for problem in problems]
    solutions = tokenizer(texts)["input_ids"]
    bos, sep, eos = tokenizer.bos_token_id, tokenizer.sep_token_id, tokenizer.eos_token_id
    return [
        ([bos, *question, sep, *solution, eos], len(question) + 2)
        for question, solution in zip(questions, solutions, strict=True)
    ]


def _wording(problem: Problem, rng: Random) -> tuple[Step, ...]:
    weights = [REFERENCE_WEIGHT] + [OTHER_WEIGHT] * (len(problem.solutions) - 1)
    return rng.choices(problem.solutions, weights)[0]


def _pad(rows: list[tuple[list[int], int]], pad: int) -> tuple[Tensor, Tensor]:
    width = max(len(ids) for ids, _ in rows)
    tokens = torch.full((len(rows), width), pad)
    labels = torch.full((len(rows), width), IGNORED)
    for i, (ids, start) in enumerate(rows):
        tokens[i, : len(ids)] = torch.tensor(ids)
        labels[i, start : len(ids)] = torch.tensor(ids[start:])
    return tokens, labels
