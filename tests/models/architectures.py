"""Tiny random models of many published architectures, each of a few thousand weights."""

import copy
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

from stat_engine.numeracy.pretrain import build_tokenizer

COMMON = {
    "vocab_size": 97, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 128,
    "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "initializer_range": 0.2,
}  # fmt: skip
MIXED = ["linear_attention", "full_attention"]
LINEAR = {
    "layer_types": MIXED, "linear_num_value_heads": 2, "linear_num_key_heads": 2,
    "linear_key_head_dim": 16, "linear_value_head_dim": 16, "head_dim": 16,
}  # fmt: skip
MAMBA = {"mamba_d_state": 8, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_n_heads": 4, "mamba_d_head": 16}
EXPERTS = {"num_local_experts": 4, "num_experts_per_tok": 2}

CHANGES: dict[str, dict[str, Any]] = {
    "llama": {},
    "qwen2": {},
    "qwen3": {"head_dim": 16},
    "qwen3_moe": {"head_dim": 16, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16},
    "qwen3_5_text": LINEAR,
    "qwen3_next": {
        **LINEAR, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16,
        "shared_expert_intermediate_size": 16,
    },
    "gemma2": {"head_dim": 16, "sliding_window": 6},
    "gemma3_text": {"head_dim": 16, "sliding_window": 6, "layer_types": ["sliding_attention", "full_attention"]},
    "phi": {"num_key_value_heads": 2},
    "phi3": {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 1.0}},
    "mistral": {"sliding_window": 6},
    "mixtral": {**EXPERTS, "sliding_window": None},
    "gpt_neox": {},
    "gpt_neo": {"num_layers": 2, "num_heads": 2, "attention_types": [[["global", "local"], 1]], "window_size": 6},
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128},
    "gptj": {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128, "rotary_dim": 8},
    "bloom": {"n_layer": 2, "n_head": 2},
    "opt": {"ffn_dim": 48, "word_embed_proj_dim": 32, "init_std": 0.2},
    "mpt": {"d_model": 32, "n_heads": 2, "n_layers": 2, "max_seq_len": 128},
    "falcon": {"alibi": False},
    "stablelm": {},
    "starcoder2": {"sliding_window": 6},
    "cohere2": {"sliding_window": 6, "head_dim": 16},
    "olmo2": {},
    "xglm": {"d_model": 32, "ffn_dim": 48, "num_layers": 2, "attention_heads": 2},
    "biogpt": {},
    "mamba": {"state_size": 8},
    "mamba2": {"num_heads": 4, "head_dim": 16, "state_size": 8, "n_groups": 1, "expand": 2, "chunk_size": 8},
    "falcon_mamba": {"state_size": 8},
    "rwkv": {"attention_hidden_size": 32},
    "recurrent_gemma": {"lru_width": 32, "attention_window_size": 6, "block_types": ["recurrent", "attention"], "head_dim": 16},
    "lfm2": {"layer_types": ["conv", "full_attention"], "block_multiple_of": 16},
    "gpt_oss": {"head_dim": 16, "sliding_window": 6, **EXPERTS, "layer_types": ["sliding_attention", "full_attention"]},
    "granitemoehybrid": {
        **MAMBA, **EXPERTS, "layer_types": ["mamba", "attention"], "mamba_n_groups": 1,
        "mamba_chunk_size": 8, "shared_intermediate_size": 16,
    },
    "falcon_h1": {**MAMBA, "mamba_n_groups": 1, "mamba_chunk_size": 8, "mamba_d_ssm": 64, "head_dim": 16},
    "jamba": {
        "attn_layer_period": 2, "attn_layer_offset": 1, "num_experts": 2, "mamba_d_state": 8,
        "use_mamba_kernels": False,
    },
    "bamba": {**MAMBA, "mamba_n_groups": 1, "mamba_chunk_size": 8, "attn_layer_indices": [1]},
    "zamba2": {
        "mamba_d_state": 8, "mamba_expand": 2, "mamba_ngroups": 1, "n_mamba_heads": 4, "mamba_headdim": 16,
        "chunk_size": 8, "num_key_value_heads": 2, "layers_block_type": ["mamba", "hybrid"],
        "use_mem_rope": True, "adapter_rank": 4, "num_mem_blocks": 1,
    },
    "nemotron_h": {
        "layers_block_type": ["mamba", "attention"], "mamba_num_heads": 4, "mamba_head_dim": 16, "ssm_state_size": 8,
        "n_groups": 1, "chunk_size": 8, "head_dim": 16, "attention_head_dim": 16,
    },
    "xlstm": {"num_heads": 2, "num_blocks": 2},
    "minimax": {**EXPERTS, "layer_types": MIXED, "head_dim": 16, "block_size": 8},
    "smollm3": {},
    "ministral3": {"head_dim": 16},
    "deepseek_v3": {
        "n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16, "n_shared_experts": 1,
        "kv_lora_rank": 8, "q_lora_rank": 8, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 16,
        "n_group": 1, "topk_group": 1, "first_k_dense_replace": 1, "num_key_value_heads": 2,
    },
    "llama4_text": {
        "num_local_experts": 2, "num_experts_per_tok": 1, "interleave_moe_layer_step": 2, "head_dim": 16,
        "intermediate_size_mlp": 48, "attention_chunk_size": 8,
    },
    "olmo_hybrid": {**LINEAR},
    "exaone4": {"sliding_window": 6, "layer_types": ["sliding_attention", "full_attention"], "head_dim": 16},
    "persimmon": {},
    "gpt_bigcode": {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128},
    "openai-gpt": {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128},
    "lfm2_moe": {
        "layer_types": ["conv", "full_attention"], "num_experts": 4, "num_experts_per_tok": 2,
        "moe_intermediate_size": 16,
    },
    "deepseek_v2": {
        "n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16, "n_shared_experts": 1,
        "kv_lora_rank": 8, "q_lora_rank": 8, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 16,
        "n_group": 1, "topk_group": 1, "first_k_dense_replace": 1, "num_key_value_heads": 2,
    },
    "glm4": {"head_dim": 16},
}  # fmt: skip


def architecture(kind: str, made: Any = AutoModelForCausalLM, **changes: Any) -> Any:
    """A random model of transformers' type `kind`, of one of its Auto classes; the same at each call."""
    config = AutoConfig.for_model(kind, **{**COMMON, **CHANGES.get(kind, {}), **changes})
    torch.manual_seed(0)
    return made.from_config(config, dtype=torch.float32).eval()


def saved(kind: str, folder: Path, tokenizer: Any = None, **changes: Any) -> Path:
    """A checkpoint of such a model, with the numeracy tokenizer or another."""
    tokenizer = tokenizer or build_tokenizer()
    sizes = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    model = architecture(kind, **{"vocab_size": len(tokenizer), **sizes, **changes})
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


IMAGES = {"hidden_size": 32, "intermediate_size": 48, "image_size": 28, "patch_size": 14}
READS_IMAGES: dict[str, dict[str, Any]] = {
    "gemma3": {
        "text_config": {**COMMON, **CHANGES["gemma3_text"]}, "mm_tokens_per_image": 4,
        "vision_config": {**IMAGES, "num_hidden_layers": 1, "num_attention_heads": 2},
    },
    "mistral3": {
        "text_config": {**COMMON, **CHANGES["ministral3"], "model_type": "ministral3"}, "spatial_merge_size": 1,
        "vision_config": {
            **IMAGES, "model_type": "pixtral", "num_hidden_layers": 1, "num_attention_heads": 2, "head_dim": 16,
        },
    },
    "llava": {
        "text_config": {**COMMON, "model_type": "llama"},
        "vision_config": {
            **IMAGES, "model_type": "clip_vision_model", "num_hidden_layers": 1, "num_attention_heads": 2,
        },
    },
    "qwen3_vl": {
        "text_config": {
            **COMMON, **CHANGES["qwen3"],
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 3, 3]},
        },
        "vision_config": {
            **IMAGES, "depth": 1, "num_heads": 2, "out_hidden_size": 32, "deepstack_visual_indexes": [0],
        },
    },
}  # fmt: skip
"""Models that also take images, by type."""


def saved_with_images(kind: str, folder: Path) -> Path:
    """A checkpoint of a model that also takes images, with the numeracy tokenizer."""
    tokenizer, config = build_tokenizer(), copy.deepcopy(READS_IMAGES[kind])
    sizes = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    n = len(tokenizer)
    config["text_config"].update(vocab_size=n + 8, **sizes)
    marks = {"image_token_id": n, "image_token_index": n, "boi_token_index": n + 1, "eoi_token_index": n + 2}
    torch.manual_seed(0)
    made = AutoModelForImageTextToText.from_config(AutoConfig.for_model(kind, **config, **marks))
    made.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
