"""Tiny reward models in the published forms: their chat templates, their special tokens, their heads."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.processors import TemplateProcessing
from torch import nn
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2Model,
)

from stat_engine.config import RewardModelConfig

LLAMA_TOKENS = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
LLAMA_TEMPLATE = (
    "{{ bos_token }}<|start_header_id|>system<|end_header_id|>\n\nCutting + Knowledge<|eot_id|>"
    "{% for message in messages %}<|start_header_id|>{{ message['role'] }}<|end_header_id|>\n\n"
    "{{ message['content'] | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
QWEN_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<extra_0>")
QWEN_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
ITEMS: list[tuple[str, list[str]]] = [
    ("What is 3+4?", ["Add: 3+4=7.", "+ and - are signs; 7 - 0 = 7", "The answer is \\boxed{7}."]),
    ("Compute 12*3 and then add 45.", ["12*3=36", "36+45=81\nas a sum", "  81=81 ", "+", "Answer: 81"]),
    ("What is 1+1?", []),
    ("Wie groß ist √9 +0?", ["3 ✓"]),
]
SHAPE: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 1, "max_position_embeddings": 2048, "initializer_range": 0.3,
}  # fmt: skip


def byte_tokenizer(specials: tuple[str, ...], template: str, **fields: Any) -> PreTrainedTokenizerFast:
    """A token a byte beside the special ones, as byte-level tokenizers have before any merge."""
    backend = Tokenizer(
        BPE({sign: at for at, sign in enumerate([*specials, *sorted(ByteLevel.alphabet())])}, [])
    )
    backend.pre_tokenizer = ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(list(specials))
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        chat_template=template,
        pad_token=specials[0],
        model_max_length=2048,
        **fields,
    )


def llama_tokenizer(template: str = LLAMA_TEMPLATE) -> PreTrainedTokenizerFast:
    """Byte tokens with the header tokens of Llama 3; a text by itself begins with the first of them."""
    bos = LLAMA_TOKENS[0]
    tokenizer = byte_tokenizer(LLAMA_TOKENS, template, bos_token=bos, eos_token=LLAMA_TOKENS[3])
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{bos} $A", special_tokens=[(bos, tokenizer.bos_token_id)]
    )
    return tokenizer


def qwen_tokenizer() -> PreTrainedTokenizerFast:
    """Byte tokens with those of ChatML and the marker."""
    return byte_tokenizer(QWEN_TOKENS, QWEN_TEMPLATE, eos_token=QWEN_TOKENS[2])


def llama_config(**changes: Any) -> LlamaConfig:
    """A Llama of 30 thousand weights."""
    return LlamaConfig(**{"vocab_size": len(llama_tokenizer())} | SHAPE | changes)


def save(folder: Path, model: Any, tokenizer: PreTrainedTokenizerFast) -> Path:
    """A checkpoint's folder."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def rlhflow_checkpoint(folder: Path, template: str = LLAMA_TEMPLATE, **changes: Any) -> Path:
    """A generative +/- model."""
    torch.manual_seed(0)
    return save(folder, LlamaForCausalLM(llama_config(**changes)), llama_tokenizer(template))


def qwen_checkpoint(folder: Path, n_labels: int = 2, without: str = "") -> Path:
    """Qwen2.5-Math-PRM's names and head: score.0 and score.2 beside the model's weights."""
    torch.manual_seed(0)
    tokenizer = qwen_tokenizer()
    config = Qwen2Config(vocab_size=len(tokenizer), architectures=["Qwen2ForProcessRewardModel"], **SHAPE)
    model, width = Qwen2Model(config), config.hidden_size
    score = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, n_labels))
    nn.init.normal_(score[2].weight)
    weights = {f"model.{name}": weight for name, weight in model.state_dict().items()}
    weights |= {f"score.{name}": weight for name, weight in score.state_dict().items() if name != without}
    folder.mkdir()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def config_of(folder: Path, **changes: Any) -> RewardModelConfig:
    """The configuration of a reward model in a folder."""
    return RewardModelConfig(model=str(folder), **changes)
