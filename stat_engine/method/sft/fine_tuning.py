"""LoRA or QLoRA fine-tuning of the student on a training set, through TRL and peft.

Training examples in, an adapter folder out. The loss covers the completion only. The paper's adapter
(rank 16, alpha 32, dropout 0.05, attention and MLP projections) and schedule (3 epochs, cosine, 3%
warm-up, effective batch size 8, clip 0.3, weight decay 0.1, group-by-length); the paper's 4-bit weights
and 8-bit optimiser are `sft.method=qlora`, which needs a GPU."""

import contextlib
import importlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stat_engine.config import SftConfig, StudentConfig
from stat_engine.errors import StatError
from stat_engine.method.sft.faults import finite_only, told
from stat_engine.method.sft.metrics import forget_after, read_metrics, writer
from stat_engine.method.sft.targets import beside_text, reach
from stat_engine.models.framing import frame
from stat_engine.models.local.abilities import packs_apart
from stat_engine.models.local.loading import (
    context_of,
    load_model,
    load_tokenizer,
)
from stat_engine.models.local.merging import merge_adapter
from stat_engine.models.local.templates import trained_tokens
from stat_engine.records import TrainingExample


def trainer_arguments(config: SftConfig, seed: int, folder: Path, name: str) -> Any:
    """TRL's SFTConfig; checkpoints go to `folder`, and other tools see the training under `name`.

    `warmup_steps` below 1 is a fraction of the steps (transformers 5)."""
    import torch
    from trl import SFTConfig as TrlConfig

    has_gpu = torch.cuda.is_available()
    together = {"ddp_backend": "gloo"} if config.processes > 1 and not has_gpu else {}
    quantised = {"optim": "paged_adamw_8bit"} if config.method == "qlora" else {}
    arguments = TrlConfig(
        output_dir=str(folder),
        run_name=name,
        seed=seed,
        data_seed=seed,
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        gradient_accumulation_steps=config.accumulation,
        learning_rate=config.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=config.warmup,
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        max_length=config.max_length,
        packing=config.packing,
        train_sampling_strategy="group_by_length" if config.group_by_length else "random",
        bf16=has_gpu,
        use_cpu=not has_gpu,
        gradient_checkpointing=config.gradient_checkpointing,
        logging_steps=1,  # a mean over several would lose a part where training is taken up
        logging_nan_inf_filter=False,  # it would put a mean in the place of a loss that is no number
        save_strategy="epoch",
        save_total_limit=1,
        report_to=list(config.report_to),
        disable_tqdm=True,
        dataloader_pin_memory=has_gpu,
        ddp_find_unused_parameters=False,
        **quantised,
        **together,
    )
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1  # else each batch is spread over all cards; sft.processes says how many
    return arguments


def lora(config: SftConfig, student: StudentConfig, model: Any) -> Any:
    """peft's LoraConfig over attention and MLP projections: every linear layer but the output's, or those
    that `sft.target_modules` names; in a model that also takes images only those that read text."""
    from peft import LoraConfig

    return LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules=reach(student, config).targets,
        exclude_modules=beside_text(model),
        task_type="CAUSAL_LM",
    )


def quantisation(config: SftConfig) -> Any | None:
    """bitsandbytes' 4-bit weights as QLoRA has them (Dettmers et al., arXiv 2305.14314, sections 3 and 4);
    None for `lora`."""
    if config.method != "qlora":
        return None
    import torch
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


NOT_LEARNED = -100
"""The label of a token that the loss leaves out, as torch has it."""
Progress = Callable[[int, int], None]
SAVES_MEMORY = (
    "half of sft.batch_size with twice of sft.accumulation (the same steps), "
    "sft.gradient_checkpointing=true, sft.method=qlora, a smaller sft.max_length"
)


@dataclass(frozen=True)
class Training:
    """What an adapter is trained from, and where to."""

    student: StudentConfig
    examples: Sequence[TrainingExample]
    config: SftConfig
    seed: int
    folder: Path


def fine_tune(training: Training, progress: Progress | None = None) -> dict[str, float]:
    """Train an adapter into `folder`/adapter; returns the last logged loss (nats a token) and the counts.

    Metrics go to `folder`/metrics.jsonl as they come, time and memory to `folder`/pace.jsonl. An epoch's
    checkpoint that a killed training left in `folder`/checkpoints is resumed, and gives the adapter and the
    metrics of an uninterrupted training; the caller drops the checkpoints once it has recorded that all
    is done. As one of several processes that train together, only the first writes. Raises StatError for
    pairs that do not fit or that would see each other when packed, a loss that is no number, memory that runs
    out, and a full disk."""
    from transformers import set_seed

    student, config, folder = training.student, training.config, training.folder
    set_seed(training.seed)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = load_tokenizer(
        student.model,
        needs_chat=student.framing != "base",
        trust_remote_code=student.trust_remote_code,
    )
    checkpoint = last_whole_checkpoint(folder / "checkpoints")
    room = min(config.max_length, context_of(student.model, student.trust_remote_code) or config.max_length)
    fitting = _fitting(training.examples, student, tokenizer, room)
    with told(folder, SAVES_MEMORY), own_wandb_run(config):
        if is_first():
            forget_after(folder, int(checkpoint.name.split("-")[1]) if checkpoint else 0)
        trainer = _trainer(training, fitting, tokenizer, progress)
        result = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        if is_first():
            save_adapter(trainer.model, folder / "adapter")
    logged = read_metrics(folder / "metrics.jsonl")
    # the trainer's own mean loss counts only from where it was taken up
    loss = float(logged[-1]["loss"]) if logged else float("nan")
    return {
        "loss": loss,
        "steps": result.global_step,
        "examples": len(fitting),
        "too_long": len(training.examples) - len(fitting),
    }


def is_first() -> bool:
    """Whether this process writes: it trains alone, or is the first of those that train together."""
    return os.environ.get("RANK", "0") == "0"  # torch.distributed's own


def _trainer(
    training: Training, fitting: list[dict[str, list[int]]], tokenizer: Any, progress: Progress | None
) -> Any:
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTTrainer

    config, folder = training.config, training.folder
    torch.set_num_threads(config.threads)
    name = f"{folder.parent.name}-{folder.name}"
    model = base_weights(training.student, quantisation(config))
    if config.packing and not packs_apart(model):
        raise StatError(
            f"sft.packing=true: packed pairs see each other in student {training.student.model}, a "
            f"{type(model).__name__}, with this version of transformers; set sft.packing=false"
        )
    with _tensorboard_in(folder / "tensorboard"):
        trainer = SFTTrainer(
            model=model,
            args=trainer_arguments(config, training.seed, folder / "checkpoints", name),
            train_dataset=Dataset.from_list(fitting),
            processing_class=tokenizer,
            peft_config=lora(config, training.student, model),
            callbacks=[finite_only("sft"), writer(folder, progress)],
        )
    trainer.remove_callback(PrinterCallback)  # it prints to stdout, which belongs to the results
    return trainer


@contextlib.contextmanager
def own_wandb_run(config: SftConfig) -> Iterator[None]:
    """End the run that W&B was given in the block; the next arm of this process would log into it."""
    try:
        yield
    finally:
        if "wandb" in config.report_to:
            importlib.import_module("wandb").finish()


@contextlib.contextmanager
def _tensorboard_in(folder: Path) -> Iterator[None]:
    """Let a TensorBoard callback that is made in the block write there; else its logs go with checkpoints."""
    name = "TENSORBOARD_LOGGING_DIR"
    before = os.environ.get(name)
    os.environ.setdefault(name, str(folder))
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)


def _fitting(
    examples: Sequence[TrainingExample], student: StudentConfig, tokenizer: Any, max_length: int
) -> list[dict[str, list[int]]]:
    """The pairs that fit, as the trainer reads them; raises StatError where none does."""
    rows = [_row(example, student, tokenizer) for example in examples]
    fitting = [row for row in rows if len(row["input_ids"]) <= max_length]
    if not fitting:
        raise StatError(
            f"all {len(rows):,} pairs are longer than sft.max_length={max_length} tokens (or the student's "
            "context); raise it, or build a set of shorter pairs"
        )
    return fitting


def base_weights(student: StudentConfig, quantised: Any | None = None) -> Any:
    """The student's weights as it is asked with them, its own adapters merged.

    `quantised` is bitsandbytes' configuration; the weights are then on this process's card at once."""
    at = {"": int(os.environ.get("LOCAL_RANK", "0"))} if quantised is not None else None
    model = load_model(
        student.model,
        dtype=student.dtype if quantised is None else "bfloat16",
        device_map=at,
        trust_remote_code=student.trust_remote_code,
        quantised=quantised,
    )
    for folder in student.adapters():
        model = merge_adapter(model, folder, student.model)
    return model


def save_adapter(model: Any, folder: Path) -> None:
    """Write a trained model's adapter in place of what `folder` held; equal adapters get equal files."""
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(str(folder))
    # peft writes the set of modules in the order of its hashes
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["target_modules"] = sorted(config["target_modules"])
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _row(example: TrainingExample, student: StudentConfig, tokenizer: Any) -> dict[str, list[int]]:
    """Tokens of prompt and solution, the question put as the student is asked it, and what is learned."""
    tokens, n = trained_tokens(
        tokenizer, frame(example.problem, student.framing), example.solution, student.model
    )
    return {"input_ids": tokens, "labels": [NOT_LEARNED] * n + tokens[n:]}


def last_whole_checkpoint(folder: Path) -> Path | None:
    """The latest of a training's checkpoints that was written to its end; None where there is none."""
    # trainer_state.json is the last file that a checkpoint gets
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json") if _is_json(path)]
    return max(whole, key=lambda path: int(path.name.split("-")[1]), default=None)


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return True
