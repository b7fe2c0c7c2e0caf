"""Fine-tuning: ours against a bare TRL script, on the same student and pairs, taking turns in one process.

Bare: what a TRL tutorial writes, SFTTrainer with the same SFTConfig values (completion-only loss, length-grouped
batches, a checkpoint an epoch) and trl's own logging at its default of every ten steps. Ours: `stages.sft.fine_tune`, which
also writes metrics.jsonl and pace.jsonl at every step, looks for NaN and keeps what a resume needs.
Both times include loading, tokenising and saving the adapter. It says whether both adapters are the same, byte for byte.

The embedded student and N pairs of numeracy's pool; ROUNDS turns, which of the two comes first changes each
turn, because the first is some percent faster; prints the ratio bare / ours (above 1: ours is faster), its median and range: of processor time, which
other work on the machine hardly touches, and by the clock."""

import contextlib
import gc
import io
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from stat_engine.api import Workspace
from stat_engine.config import SftConfig, StudentConfig
from stat_engine.method.sft.fine_tuning import Training, fine_tune
from stat_engine.models.checkpoints import locate
from stat_engine.models.local.loading import keep_quiet
from stat_engine.numeracy.demo import prepare
from stat_engine.records import TrainingExample

N, EPOCHS, ROUNDS = 500, 2, 8


def pairs(folder: Path) -> list[TrainingExample]:
    """N pairs of the embedded pool."""
    workspace = Workspace(folder)
    prepare(workspace, "bench", ())
    pool = workspace.dataset("numeracy").split("train")[:N]
    return [
        TrainingExample(
            example_id=q.id, question_id=q.id, problem=q.problem, solution=q.solution or "", subject="", skills=[],
            method="random", answer_index=0,
        )
        for q in pool
    ]  # fmt: skip


def bare(model: str, rows: list[dict[str, Any]], config: SftConfig, folder: Path) -> float:
    """The script; its last loss."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig as TrlConfig
    from trl import SFTTrainer

    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(model, dtype="auto"),
        processing_class=AutoTokenizer.from_pretrained(model),
        train_dataset=Dataset.from_list(rows),
        args=TrlConfig(
            output_dir=str(folder), seed=0, data_seed=0, num_train_epochs=config.epochs,
            per_device_train_batch_size=config.batch_size, learning_rate=config.learning_rate,
            lr_scheduler_type="cosine", warmup_steps=config.warmup, weight_decay=config.weight_decay,
            max_grad_norm=config.max_grad_norm, max_length=config.max_length,
            train_sampling_strategy="group_by_length", bf16=False, use_cpu=True, gradient_checkpointing=False,
            save_strategy="epoch", save_total_limit=1, report_to=[], disable_tqdm=True,
            dataloader_pin_memory=False,
        ),
        peft_config=LoraConfig(
            r=config.rank, lora_alpha=config.alpha, lora_dropout=config.dropout, target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
    )  # fmt: skip
    trainer.train()
    trainer.save_model(str(folder / "adapter"))
    return float(trainer.state.log_history[-1]["train_loss"])


def main() -> None:
    """Print every turn and the ratio."""
    import torch
    from transformers import set_seed

    torch.set_num_threads(1)
    keep_quiet()
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    student, config = StudentConfig(), SftConfig(learning_rate=1e-3, max_length=256, epochs=EPOCHS)
    model, ratios = locate(student.model), list[list[float]]()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        examples = pairs(root / "workspace")
        rows = [
            {
                "prompt": [{"role": "user", "content": example.problem}],
                "completion": [{"role": "assistant", "content": example.solution}],
            }
            for example in examples
        ]
        for turn in range(-1, rounds):  # the first only warms up
            took: dict[str, tuple[float, float]] = {}
            for side in ("bare", "ours") if turn % 2 else ("ours", "bare"):
                folder = root / f"{side}{turn}"
                set_seed(0)
                gc.collect()  # the last turn's models are not this turn's work
                begun = time.process_time(), time.perf_counter()
                if side == "bare":
                    with contextlib.redirect_stdout(io.StringIO()):
                        bare(model, rows, config, folder)
                else:
                    fine_tune(Training(student, examples, config, 0, folder))
                took[side] = time.process_time() - begun[0], time.perf_counter() - begun[1]
            if turn >= 0:
                ratios.append(
                    [theirs / ours for theirs, ours in zip(took["bare"], took["ours"], strict=True)]
                )
                said = ", ".join(
                    f"{side} {cpu:.2f} s ({wall:.2f} s by the clock)" for side, (cpu, wall) in took.items()
                )
                print(f"turn {turn + 1}: {said}", flush=True)
        weights = [root / f"bare{turn}" / "adapter", root / f"ours{turn}" / "adapter"]
        same = (weights[0] / "adapter_model.safetensors").read_bytes() == (
            weights[1] / "adapter_model.safetensors"
        ).read_bytes()
    print(
        f"{N} pairs, {config.epochs:g} epochs, {rounds} turns; {'the same adapter' if same else 'OTHER adapters'}"
    )
    for name, of in zip(("processor time", "by the clock"), zip(*ratios, strict=True), strict=True):
        print(f"bare / ours, {name}: median {statistics.median(of):.3f}, {min(of):.3f} to {max(of):.3f}")


if __name__ == "__main__":
    main()
