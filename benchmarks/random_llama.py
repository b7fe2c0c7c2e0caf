"""A randomly initialised Llama of Llama-3.2-1B's shape, with the embedded tokenizer: what measurements on a GPU use.

    python benchmarks/random_llama.py FOLDER [--layers N]

The weights mean nothing; the work a token takes is that of the real model: hidden 2,048, 16 layers, 32 heads of 64
with 8 key-value heads, MLP 8,192, 128,256 tokens, tied embeddings, bfloat16 (its published configuration)."""

import argparse
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from stat_engine.numeracy.pretrain import build_tokenizer


def main() -> None:
    """Write the checkpoint and say how many weights it has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--layers", type=int, default=16, help="fewer, to try the commands on a small machine"
    )
    given = parser.parse_args()
    tokenizer = build_tokenizer()
    config = LlamaConfig(
        vocab_size=128_256, hidden_size=2_048, intermediate_size=8_192, num_hidden_layers=given.layers,
        num_attention_heads=32, num_key_value_heads=8, head_dim=64, max_position_embeddings=8_192,
        rope_theta=500_000.0, tie_word_embeddings=True, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    torch.manual_seed(0)
    model = LlamaForCausalLM(config).to(torch.bfloat16)
    model.save_pretrained(given.folder)
    tokenizer.save_pretrained(given.folder)
    print(f"{sum(p.numel() for p in model.parameters()):,} weights in {given.folder}")


if __name__ == "__main__":
    main()
