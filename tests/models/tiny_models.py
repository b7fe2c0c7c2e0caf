"""Random models of a few thousand weights, one for each kind of cache, and adapters for them."""

from functools import cache
from pathlib import Path
from typing import Any

import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    Lfm2Config,
    Lfm2ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
)

SIZES = {
    "vocab_size": 97, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 128,
    "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "initializer_range": 0.3,
}  # fmt: skip
END = 2


def llama(**changes: Any) -> Any:
    """A Llama: keys and values of every token."""
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(**{**SIZES, **changes})).eval()


@cache
def tiny(kind: str) -> Any:
    """A model by the kind of its cache; shared, so tests leave it as it is."""
    torch.manual_seed(0)
    if kind == "sliding windows":
        return MistralForCausalLM(MistralConfig(**SIZES, sliding_window=6)).eval()
    if kind == "convolutions":
        layers = ["conv", "full_attention"]
        return Lfm2ForCausalLM(Lfm2Config(**SIZES, layer_types=layers, block_multiple_of=16)).eval()
    if kind == "learned positions":
        sizes = {"vocab_size": 97, "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128}
        return GPT2LMHeadModel(GPT2Config(**sizes, eos_token_id=2, initializer_range=0.3)).eval()
    return llama()


def save_adapter(model: Any, folder: Path, seed: int = 0) -> Path:
    """A LoRA adapter with random weights for the model, in a folder."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    lora = LoraConfig(
        r=2, lora_alpha=4, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM"
    )
    get_peft_model(model, lora).save_pretrained(str(folder))
    return folder
