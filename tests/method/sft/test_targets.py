"""What LoRA reaches in checkpoints of the real classes, told as a share; what takes none is a sentence."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GptOssConfig, GptOssForCausalLM, MambaConfig, MambaForCausalLM

from stat_engine.config import SftConfig, StudentConfig
from stat_engine.errors import StatError
from stat_engine.method.sft.fine_tuning import lora
from stat_engine.method.sft.targets import reach
from tests.models.tiny_models import SIZES, llama


def saved(model: Any, folder: Path) -> StudentConfig:
    model.save_pretrained(folder)
    return StudentConfig(model=str(folder), name="s")


def experts() -> Any:
    """gpt-oss: its experts are tensors, and no layers."""
    sizes = {name: value for name, value in SIZES.items() if name != "initializer_range"}
    config = GptOssConfig(
        **{
            **sizes,
            "head_dim": 16,
            "num_local_experts": 8,
            "num_experts_per_tok": 2,
            "layer_types": ["full_attention"] * 2,
        }
    )
    return GptOssForCausalLM(config)


def mamba() -> Any:
    """Its output projections are read as plain weights, so an adapter there would change nothing."""
    return MambaForCausalLM(MambaConfig(vocab_size=97, hidden_size=32, num_hidden_layers=2, state_size=4))


def test_a_llama_is_reached_everywhere(tmp_path: Path) -> None:
    found = reach(saved(llama(), tmp_path), SftConfig(rank=2))
    assert (found.targets, found.n_layers, found.left_out) == ("all-linear", 14, [])
    assert found.share == pytest.approx(1.0)
    assert found.in_words() == "LoRA reaches 14 layers with 100% of the matrix weights"


def test_experts_that_are_no_layers_are_told(tmp_path: Path) -> None:
    found = reach(saved(experts(), tmp_path), SftConfig(rank=2))
    assert found.targets == "all-linear" and 0 < found.share < 0.5
    assert found.in_words().endswith("the others are no linear layers, as experts often are")


def test_layers_that_take_no_adapter_are_left_out(tmp_path: Path) -> None:
    student = saved(mamba(), tmp_path)
    found = reach(student, SftConfig(rank=2))
    assert "out_proj" in found.left_out and "out_proj" not in found.targets and found.n_layers > 0
    assert "it cannot adapt out_proj" in found.in_words()
    assert set(lora(SftConfig(rank=2), student, mamba()).target_modules) == set(found.targets)


def test_named_layers_alone_are_adapted(tmp_path: Path) -> None:
    student = saved(llama(), tmp_path)
    config = SftConfig(rank=2, target_modules=["q_proj", "v_proj"])
    found = reach(student, config)
    assert (found.targets, found.n_layers) == (["q_proj", "v_proj"], 4) and found.share < 0.5
    with pytest.raises(
        StatError, match=r"target_modules=query: LoRA cannot be put there .* its linear layers are"
    ):
        reach(student, SftConfig(target_modules=["query"]))


def test_the_setting_decides_only_where_it_is_set() -> None:
    assert "target_modules" not in SftConfig().decides()
    assert SftConfig(target_modules=["q_proj"]).decides()["target_modules"] == ["q_proj"]


def test_nothing_is_loaded_to_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    student = saved(llama(), tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    made: list[torch.device] = []
    real = torch.nn.Linear.__init__

    def noted(self: Any, *given: Any, **more: Any) -> None:
        real(self, *given, **more)
        made.append(self.weight.device)

    monkeypatch.setattr(torch.nn.Linear, "__init__", noted)
    assert reach(student, SftConfig(rank=2)).n_layers == 14
    assert made[0].type == "meta"
