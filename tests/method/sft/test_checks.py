"""What would stop a fine-tuning is found before a weight is loaded."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from stat_engine.config import SftConfig, StudentConfig
from stat_engine.errors import StatError
from stat_engine.method.sft.faults import check
from stat_engine.method.sft.fine_tuning import Training, fine_tune
from stat_engine.models.local.loading import load_tokenizer
from tests.factories import an_example
from tests.method.sft.test_fine_tuning import CONFIG, EXAMPLES
from tests.models.tiny_models import llama, save_adapter


@pytest.fixture
def student(tiny_checkpoint: Path) -> StudentConfig:
    return StudentConfig(model=str(tiny_checkpoint))


def has_card(monkeypatch: pytest.MonkeyPatch, **packages: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    known = importlib.util.find_spec

    def find(name: str, *more: Any) -> Any:
        return packages[name] or None if name in packages else known(name, *more)

    monkeypatch.setattr(importlib.util, "find_spec", find)


def test_what_is_in_order_passes(student: StudentConfig) -> None:
    check(student, EXAMPLES, CONFIG)


def test_qlora_needs_a_card(student: StudentConfig) -> None:
    with pytest.raises(StatError, match=r"^sft.method=qlora: found no CUDA device, .* sft.method=lora, or"):
        check(student, EXAMPLES, SftConfig(method="qlora"))


def test_qlora_needs_bitsandbytes(student: StudentConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    has_card(monkeypatch, bitsandbytes=False)
    with pytest.raises(StatError, match=r"package bitsandbytes is not installed; install it with: pip inst"):
        check(student, EXAMPLES, SftConfig(method="qlora"))


def test_qlora_needs_a_student_without_an_adapter(
    student: StudentConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_card(monkeypatch, bitsandbytes=True)
    check(student, EXAMPLES, SftConfig(method="qlora"))
    with pytest.raises(StatError, match=r"adapter mine of the student .* export-model --merge"):
        check(student.model_copy(update={"adapter": "mine"}), EXAMPLES, SftConfig(method="qlora"))


@pytest.mark.parametrize("name", ["tensorboard", "wandb"])
def test_a_place_for_metrics_needs_its_package(
    student: StudentConfig, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    has_card(monkeypatch, tensorboard=False, tensorboardX=False, wandb=False)
    with pytest.raises(StatError) as raised:
        check(student, EXAMPLES, SftConfig(report_to=[name]))  # type: ignore[list-item]
    assert str(raised.value) == (
        f"sft.report_to: package {name} is not installed; install it (pip install {name}), or leave it out: "
        "metrics are in metrics.jsonl anyway"
    )
    has_card(monkeypatch, tensorboard=False, tensorboardX=True, wandb=True)
    check(student, EXAMPLES, SftConfig(report_to=[name]))  # type: ignore[list-item]


def test_examples_without_text_are_named(student: StudentConfig) -> None:
    empty = [an_example(f"e{at}", solution=" \n") for at in range(4)]
    blank = an_example("b", problem="")
    ids = [example.example_id for example in (*empty, blank)]
    with pytest.raises(StatError) as raised:
        check(student, [*EXAMPLES, *empty, blank], CONFIG)
    assert str(raised.value) == (
        f"5 of 15 examples have an empty question or solution: {', '.join(ids[:3])} and 2 more; drop or edit "
        "them (stat-studio examples drop RUN SET EXAMPLE)"
    )
    with pytest.raises(StatError, match="the training set has no examples"):
        check(student, [], CONFIG)


def test_a_student_without_a_chat_template_is_asked_as_a_base_model(
    student: StudentConfig, tmp_path: Path
) -> None:
    tokenizer = load_tokenizer(student.model)
    tokenizer.chat_template = None
    tokenizer.save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").touch()
    bare = student.model_copy(update={"model": str(tmp_path)})
    with pytest.raises(StatError, match=r"has no chat template, .* student.framing=base$"):
        check(bare, EXAMPLES, CONFIG)
    check(bare.model_copy(update={"framing": "base"}), EXAMPLES, CONFIG)


def test_an_adapter_of_another_base_is_refused_and_nothing_is_trained(
    student: StudentConfig, tmp_path: Path
) -> None:
    other = save_adapter(llama(hidden_size=64), tmp_path / "adapter")
    with pytest.raises(
        StatError, match=r"found weights that do not fit .* expected an adapter that was made"
    ):
        fine_tune(
            Training(
                student.model_copy(update={"adapter": str(other)}), EXAMPLES, CONFIG, 0, tmp_path / "arm"
            )
        )
    assert not (tmp_path / "arm" / "adapter").exists()


def test_pairs_beyond_the_student_s_context_are_left_out(student: StudentConfig, tmp_path: Path) -> None:
    long = an_example("long", problem="What is 1+1?", solution="1+1=2\n" * 60 + "Answer: 2")
    settings = CONFIG.model_copy(update={"max_length": 2048, "epochs": 1})
    outcome = fine_tune(Training(student, [*EXAMPLES, long], settings, 0, tmp_path))
    assert (outcome["examples"], outcome["too_long"]) == (10, 1)


def test_packing_and_grouping_by_length_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="with sft.packing=true set sft.group_by_length=false"):
        SftConfig(packing=True)
    assert SftConfig(packing=True, group_by_length=False).packing


@pytest.mark.parametrize("rates", [[1e-4, 1e-4], [0.0], [-1e-4, 1e-3], [float("nan")]])
def test_rates_to_choose_from_are_distinct_and_above_0(rates: list[float]) -> None:
    with pytest.raises(
        ValidationError, match="expected learning rates above 0 and up to 100, each once|a finite number"
    ):
        SftConfig(learning_rates=rates)


def test_settings_younger_than_an_arm_decide_nothing_at_their_defaults() -> None:
    old = {
        "rank": 16, "alpha": 32, "dropout": 0.05, "epochs": 3.0, "learning_rate": 0.001, "batch_size": 8,
        "weight_decay": 0.1, "max_grad_norm": 0.3, "warmup": 0.03, "max_length": 256, "threads": 1,
    }  # fmt: skip
    config = SftConfig.model_validate(old)
    assert config.decides() == old
    quiet = {"report_to": ["wandb"], "gradient_checkpointing": True}
    assert SftConfig.model_validate(old | quiet).decides() == old
    assert SftConfig.model_validate(old | {"accumulation": 4}).decides() == old | {"accumulation": 4}
    rates = {"learning_rates": [1e-3, 1e-4]}
    chosen = SftConfig.model_validate(old | rates).decides()
    assert chosen == {key: value for key, value in old.items() if key != "learning_rate"} | rates
