import hashlib
import json
import time
from pathlib import Path

import pytest

from stat_engine.config import SftConfig, StudentConfig
from stat_engine.errors import StatError
from stat_engine.method.sft.fine_tuning import Training, fine_tune
from stat_engine.method.sft.fine_tuning import _row as pair
from stat_engine.method.sft.metrics import read_metrics
from stat_engine.models.local.loading import load_tokenizer
from stat_engine.records import TrainingExample
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
    undisturbed = fine_tune(
        Training(StudentConfig(model=str(tiny_checkpoint)), EXAMPLES, CONFIG, 0, tmp_path / "a")
    )
    taken: list[int] = []

    def killed(step: int, _: int) -> None:
        taken.append(step)
        if step == 5:  # in the second epoch of three steps each
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fine_tune(
            Training(StudentConfig(model=str(tiny_checkpoint)), EXAMPLES, CONFIG, 0, tmp_path / "b"), killed
        )
    resumed = fine_tune(
        Training(StudentConfig(model=str(tiny_checkpoint)), EXAMPLES, CONFIG, 0, tmp_path / "b"),
        lambda step, _: taken.append(step),
    )
    assert taken == [1, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9]
    assert (resumed, adapter(tmp_path / "b")) == (undisturbed, adapter(tmp_path / "a"))
    assert read_metrics(tmp_path / "b" / "metrics.jsonl") == read_metrics(tmp_path / "a" / "metrics.jsonl")
    lines = (tmp_path / "b" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == list(range(1, 10))  # none stands there twice
    pace = read_metrics(tmp_path / "b" / "pace.jsonl")
    seconds = [line["seconds"] for line in pace]
    assert [line["step"] for line in pace] == list(range(1, 10)) and seconds == sorted(seconds)


def test_a_line_a_step_says_what_was_trained_on_and_what_it_took(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    student, begun = StudentConfig(model=str(tiny_checkpoint)), time.monotonic()
    fine_tune(Training(student, EXAMPLES, CONFIG, 0, tmp_path))
    took = time.monotonic() - begun
    assert all(0 <= line["seconds"] <= took for line in read_metrics(tmp_path / "pace.jsonl"))
    metrics = read_metrics(tmp_path / "metrics.jsonl")
    wanted = {"step", "max_steps", "epoch", "loss", "learning_rate", "grad_norm", "n_tokens"}
    assert all(wanted <= line.keys() for line in metrics)
    assert [line["step"] for line in metrics] == list(range(1, metrics[0]["max_steps"] + 1))
    tokenizer = load_tokenizer(student.model, needs_chat=True, trust_remote_code=False)
    n_tokens = sum(len(pair(example, student, tokenizer)["input_ids"]) for example in EXAMPLES)
    assert metrics[-1]["n_tokens"] == CONFIG.epochs * n_tokens
    last = read_metrics(tmp_path / "pace.jsonl")[-1]
    assert last["device"] == "cpu" and 0 < last["memory_bytes"] < last["memory_total_bytes"]


def test_the_last_line_of_a_step_and_whole_lines_alone_are_read(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1, "loss": 3}\n{"step": 2, "loss": 2}\n{"step": 2, "loss": 1}\n{"step": 3, "lo')
    assert read_metrics(path) == [{"step": 1, "loss": 3}, {"step": 2, "loss": 1}]


def test_the_loss_falls_and_the_seed_decides(tiny_checkpoint: Path, tmp_path: Path) -> None:
    fine_tune(Training(StudentConfig(model=str(tiny_checkpoint)), EXAMPLES, CONFIG, 0, tmp_path / "a"))
    fine_tune(Training(StudentConfig(model=str(tiny_checkpoint)), EXAMPLES, CONFIG, 1, tmp_path / "b"))
    modules = json.loads((tmp_path / "a" / "adapter" / "adapter_config.json").read_text())["target_modules"]
    assert (len(modules), modules) == (14, sorted(modules))  # every projection of both layers
    metrics = read_metrics(tmp_path / "a" / "metrics.jsonl")
    assert metrics[-1]["loss"] < metrics[0]["loss"]
    assert adapter(tmp_path / "a") != adapter(tmp_path / "b")


def test_pairs_beyond_max_length_are_left_out_and_counted(tiny_checkpoint: Path, tmp_path: Path) -> None:
    student = StudentConfig(model=str(tiny_checkpoint))
    long = an_example("long", problem="What is 1+1?", solution="1+1=2\n" * 20 + "Answer: 2")
    outcome = fine_tune(Training(student, [*EXAMPLES, long], CONFIG, 0, tmp_path / "a"))
    assert (outcome["examples"], outcome["too_long"]) == (10, 1)
    with pytest.raises(StatError, match="all 1 pairs are longer than sft.max_length=64 tokens"):
        fine_tune(Training(student, [long], CONFIG, 0, tmp_path / "b"))
