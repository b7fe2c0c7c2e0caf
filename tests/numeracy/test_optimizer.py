"""The optimiser of the student."""

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from stat_engine.numeracy.pretrain import Optimizer


def test_every_parameter_is_trained_once_and_the_factor_scales_the_rate() -> None:
    config = LlamaConfig(
        vocab_size=20,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        tie_word_embeddings=True,
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    optimizer = Optimizer(model, 0.01, lambda step: 1 / (step + 1))
    tokens = torch.arange(20)[None]
    optimizer.step(model(input_ids=tokens, labels=tokens).loss)
    assert all(not torch.equal(p, before[name]) for name, p in model.named_parameters())
    assert [part.param_groups[0]["lr"] for part in optimizer.parts] == [0.005, 0.005]
    assert sum(len(group["params"]) for part in optimizer.parts for group in part.param_groups) == len(before)
