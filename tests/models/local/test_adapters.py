import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from stat_engine.errors import StatError
from stat_engine.models.checkpoints import surely_differ
from stat_engine.models.local.merging import merge_adapter
from tests.models.architectures import architecture
from tests.models.tiny_models import llama, save_adapter


def test_merged_weights_are_the_base_and_the_adapters_product(tmp_path: Path) -> None:
    folder = save_adapter(llama(), tmp_path / "adapter")
    merged = merge_adapter(llama(), folder, "tiny").state_dict()
    added = load_file(folder / "adapter_model.safetensors")
    name = "model.layers.1.mlp.up_proj"
    low, high = (added[f"base_model.model.{name}.lora_{side}.weight"] for side in "AB")
    assert torch.allclose(
        merged[f"{name}.weight"], llama().state_dict()[f"{name}.weight"] + 2 * high @ low, atol=1e-6
    )
    assert list(merged) == list(llama().state_dict())


def test_an_adapter_of_another_checkpoint_of_the_same_shapes_is_refused(tmp_path: Path) -> None:
    for name, shift in (("mine", 0.0), ("same", 0.0), ("other", 0.1)):
        model = llama()
        model.model.norm.weight.data += shift
        model.save_pretrained(tmp_path / name)
    folder = save_adapter(llama(), tmp_path / "adapter")
    config = json.loads((folder / "adapter_config.json").read_text())

    def made_for(base: str) -> None:
        (folder / "adapter_config.json").write_text(json.dumps({**config, "base_model_name_or_path": base}))

    for same in (str(tmp_path / "same"), ""):
        made_for(same)
        merge_adapter(llama(), folder, str(tmp_path / "mine"))
    for perhaps in ("owner/may-be-the-same", str(tmp_path / "gone")):
        assert not surely_differ(perhaps, str(tmp_path / "mine"))
    made_for(str(tmp_path / "other"))
    with pytest.raises(StatError, match=r"made for .*other', whose weights are others than those of .*mine"):
        merge_adapter(llama(), folder, str(tmp_path / "mine"))
    made_for("meta-llama/Llama-3.2-1B")
    with pytest.raises(
        StatError, match="weights are others than those of meta-llama/Llama-3.2-1B-Instruct, exp"
    ):
        merge_adapter(llama(), folder, "meta-llama/Llama-3.2-1B-Instruct")


@pytest.mark.parametrize("missing", ["adapter_config.json", "adapter_model.safetensors", None])
def test_a_folder_that_is_no_adapter_is_refused(tmp_path: Path, missing: str | None) -> None:
    folder = tmp_path / "adapter"
    if missing:
        (save_adapter(llama(), folder) / missing).unlink()
    with pytest.raises(StatError) as raised:
        merge_adapter(llama(), folder, "tiny")
    assert str(raised.value) == (
        f"adapter {folder}: expected a folder with adapter_config.json and adapter_model.safetensors"
    )


@pytest.mark.parametrize(
    "shape",
    [
        {"hidden_size": 64},
        {"vocab_size": 50, "intermediate_size": 64},
        {"num_hidden_layers": 3},
    ],
)
def test_an_adapter_for_a_base_of_other_shapes_is_refused(tmp_path: Path, shape: dict[str, Any]) -> None:
    folder = save_adapter(llama(**shape), tmp_path / "adapter")
    with pytest.raises(
        StatError, match=f"^adapter {folder}: found weights that do not fit tiny .* made for it$"
    ):
        merge_adapter(llama(), folder, "tiny")


def adapter_of(model: Any, folder: Path, *targets: str, scale: float = 1.0) -> Path:
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    lora = LoraConfig(r=2, lora_alpha=4, target_modules=list(targets), init_lora_weights=False)
    adapted = get_peft_model(model, lora)
    for name, weight in adapted.named_parameters():
        if "lora_B" in name or "lora_embedding_B" in name:
            weight.data *= scale
    adapted.save_pretrained(str(folder))
    return folder


@pytest.mark.parametrize("target", ["embed_tokens", "lm_head"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_adapter_of_tied_weights_is_not_merged(target: str, dtype: torch.dtype, tmp_path: Path) -> None:
    folder = adapter_of(llama(tie_word_embeddings=True), tmp_path, target)
    with pytest.raises(StatError, match=r"other logits than beside it \(off by .*targets are tied"):
        merge_adapter(llama(tie_word_embeddings=True).to(dtype), folder, "tiny")


@pytest.mark.parametrize("target", ["embed_tokens", "lm_head"])
def test_an_adapter_of_the_same_weights_that_are_not_tied_is_merged(target: str, tmp_path: Path) -> None:
    folder = adapter_of(llama(tie_word_embeddings=False), tmp_path, target)
    assert merge_adapter(llama(tie_word_embeddings=False), folder, "tiny").num_parameters() > 0


@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_an_adapter_is_not_merged_into_four_bits(scale: float, tmp_path: Path) -> None:
    from transformers import BitsAndBytesConfig, LlamaForCausalLM

    llama(hidden_size=64, intermediate_size=128).save_pretrained(tmp_path / "base")
    few = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4")

    def loaded() -> Any:
        return LlamaForCausalLM.from_pretrained(
            tmp_path / "base", quantization_config=few, dtype=torch.float32
        )

    folder = adapter_of(loaded(), tmp_path / "adapter", "q_proj", "down_proj", scale=scale)
    with pytest.raises(StatError, match="off by .*where the adapter itself changes them by .*few bits"):
        merge_adapter(loaded(), folder, str(tmp_path / "base"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("kind", ["gpt2", "qwen3_5_text", "gemma3_text", "mixtral", "bloom", "phi3", "lfm2"])
def test_adapters_of_projections_are_merged_whatever_the_model(
    kind: str, dtype: torch.dtype, tmp_path: Path
) -> None:
    folder = save_adapter(architecture(kind).to(dtype), tmp_path)
    assert merge_adapter(architecture(kind).to(dtype), folder, "tiny").dtype == dtype
