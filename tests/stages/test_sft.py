import hashlib
import json
from pathlib import Path

import pytest

from stat_engine.config import SftConfig, StudentConfig
from stat_engine.errors import StatError
from stat_engine.records import TrainingExample
from stat_engine.stages.sft import fine_tune, read_metrics
from tests.factories import an_example

CONFIG = SftConfig(epochs=3, learning_rate=1e-2, max_length=64, batch_size=4)
EXAMPLES: list[TrainingExample] = [
    an_example(f"q{at}", problem=f"What is {at}+{at}?", solution=f"{at}+{at}={2 * at}\nAnswer: {2 * at}")
    for at in range(10)
]


def adapter(folder: Path) -> str:
    return hashlib.sha256((folder / "adapter" / "adapter_model.safetensors").read_bytes()).hexdigest()


def test_training_taken_up_after_a_kill_ends_as_an_undisturbed_one(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    undisturbed = fine_tune(StudentConfig(model=str(tiny_checkpoint)), EXAMPLES, CONFIG, 0, tmp_path / "a")
    taken: list[int] = []

    def killed(step: int, _: int) -> None:
        taken.append(step)
        if step == 5:  # in the second epoch of three steps each
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fine_tune(StudentConfig(model=str(tiny_checkpoint)), EXAMPLES, CONFIG, 0, tmp_path / "b", killed)
    resumed = fine_tune(
        StudentConfig(model=str(tiny_checkpoint)),
        EXAMPLES,
        CONFIG,
        0,
        tmp_path / "b",
        lambda step, _: taken.append(step),
    )
    assert taken == [1, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9]
    assert (resumed, adapter(tmp_path / "b")) == (undisturbed, adapter(tmp_path / "a"))
    assert read_metrics(tmp_path / "b" / "metrics.jsonl") == read_metrics(tmp_path / "a" / "metrics.jsonl")


def test_the_loss_falls_and_the_seed_decides(tiny_checkpoint: Path, tmp_path: Path) -> None:
    fine_tune(StudentConfig(model=str(tiny_checkpoint)), EXAMPLES, CONFIG, 0, tmp_path / "a")
    fine_tune(StudentConfig(model=str(tiny_checkpoint)), EXAMPLES, CONFIG, 1, tmp_path / "b")
    modules = json.loads((tmp_path / "a" / "adapter" / "adapter_config.json").read_text())["target_modules"]
    assert (len(modules), modules) == (14, sorted(modules))  # every projection of both layers
    metrics = read_metrics(tmp_path / "a" / "metrics.jsonl")
    assert metrics[-1]["loss"] < metrics[0]["loss"]
    assert adapter(tmp_path / "a") != adapter(tmp_path / "b")


def test_pairs_beyond_max_length_are_left_out_and_counted(tiny_checkpoint: Path, tmp_path: Path) -> None:
    student = StudentConfig(model=str(tiny_checkpoint))
    long = an_example("long", problem="What is 1+1?", solution="1+1=2\n" * 20 + "Answer: 2")
    outcome = fine_tune(student, [*EXAMPLES, long], CONFIG, 0, tmp_path / "a")
    assert (outcome["examples"], outcome["too_long"]) == (10, 1)
    with pytest.raises(StatError, match="all 1 pairs are longer than sft.max_length=64 tokens"):
        fine_tune(student, [long], CONFIG, 0, tmp_path / "b")
