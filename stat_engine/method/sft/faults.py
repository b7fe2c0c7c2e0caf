"""Errors of a training, each as one sentence with the way out: NaN, a full disk, too little memory.

Checkpoints, metrics and other arms stay as they are; no failed training is recorded as trained. `check`
finds what would stop a training before anything is loaded or changed: settings, packages, student, pairs."""

import contextlib
import errno
import importlib.util
import math
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stat_engine.config import SftConfig, StudentConfig
from stat_engine.errors import StatError, shown
from stat_engine.models.framing import frame
from stat_engine.models.local.loading import is_out_of_memory, load_tokenizer, release
from stat_engine.models.local.templates import check_template
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
    frame("", student.framing)
    tokenizer = load_tokenizer(
        student.model,
        needs_chat=student.framing != "base",
        trust_remote_code=student.trust_remote_code,
    )
    check_template(tokenizer, student.model, student.framing)


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
        raise StatError("the training set has no examples, so there is nothing to learn; build it again")
    empty = [e.example_id for e in examples if not e.problem.strip() or not e.solution.strip()]
    if empty:
        rest = f" and {len(empty) - SHOWN:,} more" if len(empty) > SHOWN else ""
        raise StatError(
            f"{len(empty):,} of {len(examples):,} examples have an empty question or solution: "
            f"{', '.join(empty[:SHOWN])}{rest}; drop or edit them (stat-studio examples drop RUN SET EXAMPLE)"
        )


DISK_CODES = (errno.ENOSPC, errno.EDQUOT)
DISK_WORDS = ("No space left on device", "Disk quota exceeded", "os error 28", "code: 28")
"""What safetensors says of a full disk, which keeps no error number."""
TORCH_WORDS = "inline_container"
"""Where torch says that a file could not be written; a full disk where `LITTLE_DISK` or less is free."""
LITTLE_DISK = 64 * 2**20


def finite_only(section: str) -> Any:
    """The trainer's callback that ends a training at the first step whose loss or gradient is no number.

    `section` is the settings' (`sft`, `grpo`); put it before what writes metrics. Raises StatError."""
    from transformers import TrainerCallback

    class FiniteOnly(TrainerCallback):  # type: ignore[misc]
        """Looks at every logged step."""

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            """Raise at a loss or gradient norm that is NaN or infinite."""
            for key, name in (("loss", "loss"), ("grad_norm", "norm of the gradient")):
                value = float((logs or {}).get(key, 0.0))
                if not math.isfinite(value):
                    raise StatError(
                        f"training: the {name} turned {value} at step {state.global_step} of "
                        f"{state.max_steps}, so the adapter is lost; try a lower {section}.learning_rate or "
                        f"{section}.max_grad_norm, or student.dtype=float32 where it is float16"
                    )

    return FiniteOnly()


@contextlib.contextmanager
def told(folder: Path, saves_memory: str) -> Iterator[None]:
    """Tell a full disk and memory that ran out, in the block's work on `folder`, as a StatError.

    `saves_memory` names the settings that need less of it. Other errors pass as they are."""
    try:
        yield
    except StatError:
        raise
    except Exception as error:
        if is_full_disk(error, folder):
            free = shutil.disk_usage(folder).free
            raise StatError(
                f"{folder}: the disk is full ({free / 2**20:,.0f} MiB free); free some (stat-studio clean), "
                "then give the same order again: it goes on from the last checkpoint"
            ) from error
        if is_out_of_memory(error):
            message = shown(str(error).splitlines()[0] if str(error) else type(error).__name__, 160)
            error.__traceback__ = None  # its frames hold the tensors
            release()
            raise StatError(f"training: memory ran out ({message}); needs less: {saves_memory}") from None
        raise


def is_full_disk(error: BaseException, folder: Path) -> bool:
    """Whether an error says that the disk under `folder`, or a quota on it, has no room left."""
    if isinstance(error, OSError) and error.errno in DISK_CODES:
        return True
    if any(words in str(error) for words in DISK_WORDS):
        return True
    return TORCH_WORDS in str(error) and shutil.disk_usage(folder).free < LITTLE_DISK
