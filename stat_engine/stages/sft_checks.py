"""What stops a fine-tuning before anything is loaded or changed: settings, packages, student, pairs."""

import importlib.util
from collections.abc import Sequence

from stat_engine.config import SftConfig, StudentConfig
from stat_engine.errors import StatError
from stat_engine.models.local.loading import load_tokenizer
from stat_engine.records import TrainingExample

PACKAGES = {"tensorboard": ("tensorboard", "tensorboardX"), "wandb": ("wandb",)}
"""Name in sft.report_to -> packages of which one must be there."""
SHOWN = 3
"""Examples that an error names."""


def check(student: StudentConfig, examples: Sequence[TrainingExample], config: SftConfig) -> None:
    """Raise StatError, one sentence with the way out, for what would stop the fine-tuning at its start."""
    _can_quantise(student, config)
    _can_divide(config)
    _can_report(config)
    _have_text(examples)
    load_tokenizer(
        student.model,
        needs_chat=student.framing != "base",
        trust_remote_code=student.trust_remote_code,
    )


def _can_quantise(student: StudentConfig, config: SftConfig) -> None:
    if config.method != "qlora":
        return
    import torch

    if not torch.cuda.is_available():
        raise StatError(
            "sft.method=qlora: found no CUDA device, which 4-bit weights and the paged 8-bit optimiser need; "
            "train with sft.method=lora, or on a machine that has one"
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise StatError(
            "sft.method=qlora: package bitsandbytes is not installed; install it with: "
            "pip install -c constraints.txt -e '.[quant]'"
        )
    if student.adapters():
        raise StatError(
            f"sft.method=qlora: adapter {', '.join(student.adapters())} of the student cannot be merged into "
            "4-bit weights without loss; write the merged student once (stat-studio export-model --merge) "
            "and name that folder as student.model"
        )


def _can_divide(config: SftConfig) -> None:
    import torch

    n = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if n and config.processes > n:
        raise StatError(f"sft.processes={config.processes}: found {n} GPUs, and each process needs its own")


def _can_report(config: SftConfig) -> None:
    for name in config.report_to:
        if not any(importlib.util.find_spec(package) for package in PACKAGES[name]):
            raise StatError(
                f"sft.report_to: package {name} is not installed; install it (pip install {name}), or leave "
                "it out: metrics are in metrics.jsonl anyway"
            )


def _have_text(examples: Sequence[TrainingExample]) -> None:
    if not examples:
        raise StatError("the training set has no examples, so there is nothing to learn; build it anew")
    empty = [e.example_id for e in examples if not e.problem.strip() or not e.solution.strip()]
    if empty:
        rest = f" and {len(empty) - SHOWN:,} more" if len(empty) > SHOWN else ""
        raise StatError(
            f"{len(empty):,} of {len(examples):,} examples have an empty question or solution: "
            f"{', '.join(empty[:SHOWN])}{rest}; drop or edit them (stat-studio examples drop RUN SET EXAMPLE)"
        )
