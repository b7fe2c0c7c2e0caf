"""What goes wrong half way is one sentence with the way out, and what was there stays."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from trl import SFTTrainer

from stat_engine.config import StudentConfig
from stat_engine.config.shipped import ROOT
from stat_engine.errors import StatError
from stat_engine.method.sft import metrics
from stat_engine.method.sft.faults import is_full_disk, told
from stat_engine.method.sft.fine_tuning import Training, fine_tune
from stat_engine.method.sft.metrics import read_metrics
from tests.method.sft.test_fine_tuning import CONFIG, EXAMPLES


def train(checkpoint: Path, folder: Path, **also: Any) -> dict[str, float]:
    return fine_tune(Training(StudentConfig(model=str(checkpoint)), EXAMPLES, CONFIG, 0, folder), **also)


def test_a_loss_that_turns_nan_ends_the_training_at_its_step(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = SFTTrainer.compute_loss

    def poisoned(self: Any, *arguments: Any, **keywords: Any) -> Any:
        loss = own(self, *arguments, **keywords)
        return loss * float("nan") if self.state.global_step == 4 else loss

    monkeypatch.setattr(SFTTrainer, "compute_loss", poisoned)
    with pytest.raises(StatError) as raised:
        train(tiny_checkpoint, tmp_path)
    assert str(raised.value) == (
        "training: the loss turned nan at step 5 of 9, so the adapter is lost; try a lower sft.learning_rate "
        "or sft.max_grad_norm, or student.dtype=float32 where it is float16"
    )
    assert [line["step"] for line in read_metrics(tmp_path / "metrics.jsonl")] == [1, 2, 3, 4]
    assert not (tmp_path / "adapter").exists()
    monkeypatch.undo()  # the checkpoint of the first epoch is whole: the same order ends as if undisturbed
    assert train(tiny_checkpoint, tmp_path)["steps"] == 9
    train(tiny_checkpoint, tmp_path / "other")
    assert read_metrics(tmp_path / "metrics.jsonl") == read_metrics(tmp_path / "other" / "metrics.jsonl")


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes"),
    ],
)
def test_memory_that_runs_out_names_the_settings_that_need_less(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(SFTTrainer, "training_step", full)
    with pytest.raises(StatError) as raised:
        train(tiny_checkpoint, tmp_path)
    said = str(raised.value)
    assert said.startswith(f"training: memory ran out ('{error}'") or str(error)[:20] in said
    assert "half of sft.batch_size with twice of sft.accumulation" in said and "\n" not in said


def test_metrics_that_find_no_room_are_a_full_disk(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """/dev/full answers every write as a full disk does."""
    append = metrics._append
    monkeypatch.setattr(metrics, "_append", lambda _, line: append(Path("/dev/full"), line))
    with pytest.raises(StatError, match=r"could not be written \(No space left on device\).*free disk space"):
        train(tiny_checkpoint, tmp_path)


@pytest.mark.slow
def test_a_checkpoint_that_finds_no_room_is_left_and_the_order_goes_on_later(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    """A disk of its own, of 120 kB, in a name space of its own."""
    mounted = (
        f"mount -t tmpfs -o size=120k none {tmp_path} && exec {sys.executable} -c "
        "'import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); "
        "from tests.method.sft.test_faults import train; "
        'train(Path(sys.argv[2]), Path(sys.argv[3]) / "arm")\' '
        f"{ROOT} {tiny_checkpoint} {tmp_path}"
    )
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets no user mount a disk of their own")
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mounted],
        capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    last = done.stderr.strip().splitlines()[-1]
    assert "StatError" in last and "the disk is full (0 MiB free); free some (stat-studio clean)" in last


@pytest.mark.parametrize(
    ("error", "is_full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 704 vs 598"), False),
    ],
)
def test_a_full_disk_is_told_from_other_errors(tmp_path: Path, error: Exception, is_full: bool) -> None:
    assert is_full_disk(error, tmp_path) == is_full


def test_other_errors_pass_as_they_are(tmp_path: Path) -> None:
    for error in (ValueError("no such thing"), KeyboardInterrupt(), StatError("as it is")):
        with pytest.raises(type(error)) as raised, told(tmp_path, "less"):
            raise error
        assert raised.value is error
