"""Accumulation, packing, grouping, checkpointing of activations, QLoRA's arguments, several processes."""

import hashlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from stat_engine.config import SftConfig, StudentConfig
from stat_engine.errors import StatError
from stat_engine.method.sft.fine_tuning import (
    Training,
    base_weights,
    fine_tune,
    own_wandb_run,
    quantisation,
    trainer_arguments,
)
from stat_engine.method.sft.metrics import read_metrics
from stat_engine.models.local import loading
from tests.method.sft.test_fine_tuning import CONFIG, EXAMPLES
from tests.models.architectures import saved

PACKED: dict[str, Any] = {"packing": True, "group_by_length": False}
ADDED_UP: dict[str, Any] = {"batch_size": 2, "accumulation": 2}


def config(**changes: Any) -> SftConfig:
    return SftConfig.model_validate(CONFIG.model_dump() | changes)


def trained(checkpoint: Path, folder: Path, settings: SftConfig, **also: Any) -> dict[str, float]:
    return fine_tune(Training(StudentConfig(model=str(checkpoint)), EXAMPLES, settings, 0, folder), **also)


def adapter(folder: Path) -> str:
    return hashlib.sha256((folder / "adapter" / "adapter_model.safetensors").read_bytes()).hexdigest()


@pytest.mark.parametrize("changes", [ADDED_UP, PACKED | ADDED_UP], ids=["accumulation", "packing"])
def test_training_taken_up_after_a_kill_ends_as_an_undisturbed_one(
    tiny_checkpoint: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    settings = config(**changes)
    undisturbed = trained(tiny_checkpoint, tmp_path / "a", settings)
    n_steps = int(undisturbed["steps"])
    assert n_steps % 3 == 0

    def killed(step: int, _: int) -> None:
        if step == n_steps // 3 + 1:  # in the second epoch
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(tiny_checkpoint, tmp_path / "b", settings, progress=killed)
    assert trained(tiny_checkpoint, tmp_path / "b", settings) == undisturbed
    assert adapter(tmp_path / "b") == adapter(tmp_path / "a")
    metrics = [read_metrics(tmp_path / name / "metrics.jsonl") for name in "ab"]
    assert metrics[0] == metrics[1] and len(metrics[0]) == n_steps


def test_a_step_of_small_batches_is_the_step_of_one_large_batch(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    """One step over the same four pairs: the gradient is that of all their tokens together."""
    losses = []
    for at, changes in enumerate(({"batch_size": 10}, {"batch_size": 2, "accumulation": 5})):
        trained(tiny_checkpoint, tmp_path / str(at), config(epochs=1, dropout=0, **changes))
        (line,) = read_metrics(tmp_path / str(at) / "metrics.jsonl")
        losses.append((line["loss"], line["grad_norm"]))
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_packed_pairs_do_not_see_each_other(tiny_checkpoint: Path, tmp_path: Path) -> None:
    """The first step's loss over all pairs is the same in a row each and packed two or three to a row."""
    losses, n_tokens = [], []
    for at, changes in enumerate(({"batch_size": 10}, {"batch_size": 10, **PACKED})):
        trained(tiny_checkpoint, tmp_path / str(at), config(epochs=1, dropout=0, **changes))
        (line,) = read_metrics(tmp_path / str(at) / "metrics.jsonl")
        losses.append(line["loss"])
        n_tokens.append(line["n_tokens"])
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    assert n_tokens[0] == n_tokens[1]


@pytest.mark.parametrize("kind", ["gpt_oss", "lfm2", "opt", "qwen3_5_text"])
def test_pairs_are_not_packed_for_a_model_in_which_they_see_each_other(kind: str, tmp_path: Path) -> None:
    checkpoint = saved(kind, tmp_path / "student")
    with pytest.raises(StatError, match="packed pairs see each other .*; set sft.packing=false"):
        trained(checkpoint, tmp_path / "arm", config(epochs=1, **PACKED))
    assert trained(checkpoint, tmp_path / "arm", config(epochs=1))["steps"] > 0


def test_computing_activations_twice_changes_no_weight(tiny_checkpoint: Path, tmp_path: Path) -> None:
    for name, changes in (("a", {}), ("b", {"gradient_checkpointing": True})):
        trained(tiny_checkpoint, tmp_path / name, config(epochs=1, **changes))
    one, other = (load_file(tmp_path / name / "adapter" / "adapter_model.safetensors") for name in "ab")
    assert one.keys() == other.keys()
    assert all(torch.allclose(one[key], other[key], atol=1e-5) for key in one)


@pytest.fixture
def on_a_card(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """As if there were a card and bitsandbytes; what the checkpoint is loaded with is kept."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.49.0")

    def load(place: str, **how: Any) -> str:
        asked.update(how, place=place)
        return "weights"

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", load)
    return asked


def test_qlora_loads_nf4_weights_on_its_own_card(
    tiny_checkpoint: Path, on_a_card: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_RANK", "3")
    student = StudentConfig(model=str(tiny_checkpoint), dtype="float32")
    base_weights(student, quantisation(config(method="qlora")))
    chosen = on_a_card["quantization_config"]
    assert (chosen.load_in_4bit, chosen.bnb_4bit_quant_type, chosen.bnb_4bit_use_double_quant) == (
        True, "nf4", True,
    )  # fmt: skip
    assert chosen.bnb_4bit_compute_dtype == torch.bfloat16
    assert (on_a_card["device_map"], on_a_card["dtype"]) == ({"": 3}, "bfloat16")
    assert on_a_card["use_safetensors"] is True


def test_lora_loads_the_weights_as_they_are(tiny_checkpoint: Path, on_a_card: dict[str, Any]) -> None:
    base_weights(StudentConfig(model=str(tiny_checkpoint)), quantisation(config()))
    assert "quantization_config" not in on_a_card and on_a_card["device_map"] is None


def test_a_wandb_run_ends_with_its_training(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []
    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(finish=lambda: ended.append("run")))
    with own_wandb_run(config(report_to=["wandb"])):
        assert ended == []
    assert ended == ["run"]
    with pytest.raises(StatError), own_wandb_run(config(report_to=["wandb"])):
        raise StatError("stopped half way")
    with own_wandb_run(config(report_to=["tensorboard"])):
        pass
    assert ended == ["run", "run"]


def given(arguments: Any, usual: Any) -> dict[str, Any]:
    """Trainer arguments other than TRL's own, without what depends on the machine and on how much is logged."""
    machine = {"bf16", "fp16", "use_cpu", "dataloader_pin_memory", "output_dir", "disable_tqdm"}
    own = usual.to_dict()
    return {key: x for key, x in arguments.to_dict().items() if x != own[key] and key not in machine}


def test_settings_reach_the_trainer(tmp_path: Path) -> None:
    from trl import SFTConfig as TrlConfig

    found = given(
        trainer_arguments(config(), 7, tmp_path, "arm-seed-7"),
        TrlConfig(output_dir=str(tmp_path), use_cpu=True),
    )
    assert found == {
        "seed": 7, "data_seed": 7, "run_name": "arm-seed-7", "learning_rate": 0.01, "lr_scheduler_type": "cosine",
        "warmup_steps": 0.03, "weight_decay": 0.1, "max_grad_norm": 0.3, "max_length": 64,
        "per_device_train_batch_size": 4, "train_sampling_strategy": "group_by_length",
        "gradient_checkpointing": False, "ddp_find_unused_parameters": False,
        "logging_steps": 1, "logging_nan_inf_filter": False, "save_strategy": "epoch", "save_total_limit": 1,
    }  # fmt: skip
    usual = trainer_arguments(config(), 7, tmp_path, "arm-seed-7")
    assert (usual.gradient_accumulation_steps, usual.packing, usual.train_sampling_strategy) == (
        1, False, "group_by_length",
    )  # fmt: skip
    assert (usual.gradient_checkpointing, usual.report_to, usual.run_name) == (False, [], "arm-seed-7")
    assert "8bit" not in str(usual.optim) and not usual.logging_nan_inf_filter
    other = trainer_arguments(
        config(method="qlora", gradient_checkpointing=True, **PACKED, **ADDED_UP), 7, tmp_path, "x"
    )
    assert (other.gradient_accumulation_steps, other.packing, other.train_sampling_strategy) == (
        2, True, "random",
    )  # fmt: skip
    assert (other.gradient_checkpointing, other.optim.value) == (True, "paged_adamw_8bit")


def test_the_context_is_the_checkpoint_s_own(tiny_checkpoint: Path) -> None:
    assert loading.context_of(str(tiny_checkpoint)) == 256
