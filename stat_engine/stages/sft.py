"""Stage 3, training: LoRA fine-tuning of the student on a training set, through TRL and peft.

Training examples in, an adapter folder out. The loss is on the completion only. The paper's
adapter (rank 16, alpha 32, dropout 0.05, attention and MLP projections) and schedule (3 epochs,
cosine, 3% warm-up, effective batch 8, clip 0.3, weight decay 0.1, group-by-length); simplified
away here: 4-bit weights and the 8-bit optimiser, which need a GPU."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from stat_engine.config import SftConfig, StudentConfig
from stat_engine.errors import StatError
from stat_engine.models.framing import frame
from stat_engine.models.local.adapters import merge_adapter
from stat_engine.models.local.loading import TEMPLATE_VALUES, load_model, load_tokenizer, render
from stat_engine.records import TrainingExample
from stat_engine.stages.sft_metrics import forget_after, read_metrics, writer


def fine_tune(
    student: StudentConfig,
    examples: Sequence[TrainingExample],
    config: SftConfig,
    seed: int,
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, float]:
    """Train an adapter into `folder`/adapter; returns the last logged loss (nats a token) and the counts.

    Metrics go to `folder`/metrics.jsonl as they come, time and memory to `folder`/pace.jsonl. An epoch's
    checkpoint that a killed training left in `folder`/checkpoints is taken up again, and gives the adapter
    and the metrics of an undisturbed training; the caller drops the checkpoints once it has noted that all
    is done."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import PrinterCallback, set_seed
    from trl import SFTTrainer

    torch.set_num_threads(config.threads)
    set_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = load_tokenizer(
        student.model,
        needs_chat=student.framing != "base",
        trust_remote_code=student.trust_remote_code,
    )
    checkpoint = last_whole_checkpoint(folder / "checkpoints")
    forget_after(folder, int(checkpoint.name.split("-")[1]) if checkpoint else 0)
    fitting = _fitting(examples, student.framing, tokenizer, config.max_length)
    trainer = SFTTrainer(
        model=base_weights(student),
        args=_arguments(config, seed, folder / "checkpoints"),
        train_dataset=Dataset.from_list(fitting),
        processing_class=tokenizer,
        peft_config=LoraConfig(
            r=config.rank,
            lora_alpha=config.alpha,
            lora_dropout=config.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
        callbacks=[writer(folder, progress)],
    )
    trainer.remove_callback(PrinterCallback)  # it prints to stdout, which belongs to the results
    result = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    save_adapter(trainer.model, folder / "adapter")
    logged = read_metrics(folder / "metrics.jsonl")
    # the trainer's own mean loss counts only from where it was taken up
    loss = float(logged[-1]["loss"]) if logged else float("nan")
    return {
        "loss": loss,
        "steps": result.global_step,
        "examples": len(fitting),
        "too_long": len(examples) - len(fitting),
    }


def _fitting(
    examples: Sequence[TrainingExample], framing: str, tokenizer: Any, max_length: int
) -> list[dict[str, Any]]:
    """The pairs that fit, as the trainer reads them; raises StatError where none does."""
    rows = [_row(example, framing) for example in examples]
    fitting = [row for row in rows if n_tokens(tokenizer, row) <= max_length]
    if not fitting:
        raise StatError(
            f"all {len(rows):,} pairs are longer than sft.max_length={max_length} tokens; raise it"
        )
    return fitting


def base_weights(student: StudentConfig) -> Any:
    """The student's weights as it is asked with them, its own adapter merged."""
    model = load_model(student.model, dtype=student.dtype, trust_remote_code=student.trust_remote_code)
    return merge_adapter(model, Path(student.adapter), student.model) if student.adapter else model


def save_adapter(model: Any, folder: Path) -> None:
    """Write a trained model's adapter in place of what `folder` held; equal adapters get equal files."""
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(str(folder))
    # peft writes the set of modules in the order of its hashes
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["target_modules"] = sorted(config["target_modules"])
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _row(example: TrainingExample, framing: str) -> dict[str, Any]:
    """Prompt and completion, the question put as the student is asked it."""
    prompt = frame(example.problem, framing)
    if isinstance(prompt, str):
        return {"prompt": prompt, "completion": f" {example.solution}"}
    completion = [{"role": "assistant", "content": example.solution}]
    return {"prompt": prompt, "completion": completion, "chat_template_kwargs": TEMPLATE_VALUES}


def n_tokens(tokenizer: Any, row: dict[str, Any]) -> int:
    """Tokens of a pair as it is trained on: a longer one would be cut, and taught to end nowhere."""
    prompt, completion = row["prompt"], row["completion"]
    text = prompt + completion if isinstance(prompt, str) else render(tokenizer, prompt + completion)
    return len(tokenizer(text, add_special_tokens=isinstance(prompt, str))["input_ids"])


def _arguments(config: SftConfig, seed: int, folder: Path) -> Any:
    import torch
    from trl import SFTConfig as TrlConfig

    has_gpu = torch.cuda.is_available()
    return TrlConfig(
        output_dir=str(folder),
        seed=seed,
        data_seed=seed,
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=config.warmup,
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        max_length=config.max_length,
        train_sampling_strategy="group_by_length",
        bf16=has_gpu,
        use_cpu=not has_gpu,
        gradient_checkpointing=False,
        logging_steps=1,  # a mean over several would lose a part where training is taken up
        save_strategy="epoch",
        save_total_limit=1,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=has_gpu,
    )


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
