"""Several processes train one adapter on the CPU; only the first writes, and they end with who asked."""

import json
import os
import time
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file

from stat_engine.config import SftConfig, StudentConfig
from stat_engine.errors import StatError
from stat_engine.method.sft.fine_tuning import Training, fine_tune
from stat_engine.method.sft.metrics import read_metrics
from stat_engine.method.sft.processes import fine_tune_together
from tests.factories import an_example
from tests.method.sft.test_fine_tuning import CONFIG, EXAMPLES

ALONE = {"epochs": 1, "dropout": 0, "group_by_length": False}


@pytest.mark.slow
def test_two_processes_of_half_a_batch_take_the_step_of_one(tiny_checkpoint: Path, tmp_path: Path) -> None:
    student = StudentConfig(model=str(tiny_checkpoint))
    alone = SftConfig.model_validate(CONFIG.model_dump() | ALONE | {"batch_size": 10})
    both = alone.model_copy(update={"batch_size": 5, "processes": 2})
    told: list[tuple[int, int]] = []
    expected = fine_tune(Training(student, EXAMPLES, alone, 0, tmp_path / "a"))
    outcome = fine_tune_together(
        Training(student, EXAMPLES, both, 0, tmp_path / "b"), lambda n, of: told.append((n, of))
    )
    assert (outcome["steps"], outcome["examples"]) == (expected["steps"], expected["examples"])
    assert outcome["loss"] == pytest.approx(expected["loss"], rel=1e-4)
    one, other = (load_file(tmp_path / name / "adapter" / "adapter_model.safetensors") for name in "ab")
    assert all(torch.allclose(one[key], other[key], atol=1e-4) for key in one)
    assert [line["step"] for line in read_metrics(tmp_path / "b" / "metrics.jsonl")] == [1]
    lines = (tmp_path / "b" / "metrics.jsonl").read_text().splitlines()
    assert (
        len(lines) == 1
        and json.loads(lines[0])["n_tokens"] == read_metrics(tmp_path / "a" / "metrics.jsonl")[0]["n_tokens"]
    )
    assert not list((tmp_path / "b").glob("together*"))


@pytest.mark.slow
def test_what_one_of_them_refuses_is_one_sentence(tiny_checkpoint: Path, tmp_path: Path) -> None:
    long = an_example("long", problem="What is 1+1?", solution="1+1=2\n" * 20 + "Answer: 2")
    config = CONFIG.model_copy(update={"processes": 2})
    with pytest.raises(StatError, match="^all 1 pairs are longer than sft.max_length=64 tokens"):
        fine_tune_together(Training(StudentConfig(model=str(tiny_checkpoint)), [long], config, 0, tmp_path))


@pytest.mark.slow
def test_a_stop_ends_all_of_them_and_the_order_goes_on(tiny_checkpoint: Path, tmp_path: Path) -> None:
    student = StudentConfig(model=str(tiny_checkpoint))
    config = CONFIG.model_copy(update={"processes": 2, "batch_size": 1, "epochs": 30})

    def stop(step: int, _: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fine_tune_together(Training(student, EXAMPLES, config, 0, tmp_path), stop)
    time.sleep(1)
    children = [process.cmdline() for process in psutil.Process(os.getpid()).children(recursive=True)]
    assert not [words for words in children if any("sft_together" in word for word in words)]
    assert not (tmp_path / "adapter").exists()
    outcome = fine_tune_together(Training(student, EXAMPLES, config, 0, tmp_path))
    assert outcome["steps"] == 150
    steps = [line["step"] for line in read_metrics(tmp_path / "metrics.jsonl")]
    assert steps == list(range(1, 151))
