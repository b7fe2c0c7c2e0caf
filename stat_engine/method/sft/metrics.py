"""Metrics that a training writes as it runs: `metrics.jsonl` and `pace.jsonl`.

A line of metrics.jsonl: step, max_steps, epoch, loss (nats a token), learning_rate, grad_norm, n_tokens
(trained on so far, prompts included), and what else the trainer logs. It depends on the settings alone,
so a resumed training leaves the same file as an uninterrupted one. pace.jsonl holds what depends on the
machine: step, seconds (of training up to here; repeated steps count once), memory_bytes (the peak so far:
on the card, else of the process), memory_total_bytes, device."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stat_engine.store.files import append_lines, read_lines

METRICS, PACE = "metrics.jsonl", "pace.jsonl"
CLOCKED = ("num_tokens", "step_time")
"""What a trainer logs that restarts when training resumes, or that contains a time."""


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The logged steps of a training, whole lines only, the last of a step; none before the first.

    A line that cannot be read is passed over with a warning."""
    return list({line["step"]: line for line in read_lines(path, _step)[0]}.values())


def _step(line: Any) -> dict[str, Any]:
    if not isinstance(line, dict) or not isinstance(line.get("step"), int):
        raise ValueError("no step of a training")
    return line


def forget_after(folder: Path, step: int) -> None:
    """Keep what was written up to a step; the steps after it will come again."""
    for name in (METRICS, PACE):
        kept = [line for line in read_metrics(folder / name) if line["step"] <= step]
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")


def writer(folder: Path, progress: Callable[[int, int], None] | None) -> Any:
    """The trainer's callback that writes both files and tells the caller how far the training is."""
    from transformers import TrainerCallback

    before = _last(folder / METRICS, "n_tokens")  # the trainer counts tokens again where it is taken up
    s_before = _last(folder / PACE, "seconds")

    class Writer(TrainerCallback):  # type: ignore[misc]
        """Writes a line a step."""

        begun = 0.0
        n_before = n_tokens = before

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """Start the clock."""
            self.begun = time.monotonic()
            self.n_before -= state.num_input_tokens_seen  # a trainer that keeps its count counts on
            _forget_peak()

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            """Append one line to each file."""
            if not logs or "loss" not in logs:  # the summary at the end has a clock in it
                return
            if not state.is_world_process_zero:  # several train together, and one writes
                return
            kept = {key: value for key, value in logs.items() if key not in CLOCKED}
            if "num_tokens" in logs:  # not at every step of one that writes its examples itself
                self.n_tokens = self.n_before + int(logs["num_tokens"])
            seconds = s_before + time.monotonic() - self.begun
            # the metrics come last: a reader who sees a step there finds its pace too
            _append(folder / PACE, {"step": state.global_step, "seconds": round(seconds, 3), **_memory()})
            head = {"step": state.global_step, "max_steps": state.max_steps}
            _append(folder / METRICS, {**head, **kept, "n_tokens": self.n_tokens})

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """Report the step."""
            if progress:
                progress(state.global_step, state.max_steps)

    return Writer()


def _last(path: Path, key: str) -> Any:
    lines = read_metrics(path)
    return lines[-1].get(key, 0) if lines else 0


def _append(path: Path, line: dict[str, Any]) -> None:
    append_lines(path, json.dumps(line))


def _memory() -> dict[str, Any]:
    import torch

    if torch.cuda.is_available():
        total = torch.cuda.get_device_properties(0).total_memory
        return _held("cuda", int(torch.cuda.max_memory_allocated()), int(total))
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): kilobytes but on a Mac
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return _held("cpu", peak, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def _held(device: str, peak: int, total: int) -> dict[str, Any]:
    return {"memory_bytes": peak, "memory_total_bytes": total, "device": device}


def _forget_peak() -> None:
    """Another training in this process may have held more."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
