#!/usr/bin/env bash
# Rows of several packed sequences, told apart by position_ids that begin again at 0 (as TRL packs them).
# Expected: a second sequence has the logits that it has alone, in every decoder, as in Llama; or an error.
# Found with transformers 5.19.0: gpt-oss, OPT and others build their mask without position_ids, so the second
# sequence attends to the first, with no error and no warning. (gpt_oss/modeling_gpt_oss.py, `mask_kwargs`.)
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install -q --target "$folder" torch==2.13.0 transformers==5.19.0 2>/dev/null
cd "$folder" && PYTHONPATH="$folder" TRANSFORMERS_VERBOSITY=error python3 - <<'PYTHON'
import torch
from transformers import AutoConfig, AutoModelForCausalLM

SIZES = dict(vocab_size=97, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
             num_key_value_heads=1, head_dim=16, initializer_range=0.2, bos_token_id=1, eos_token_id=2, pad_token_id=0)
OTHER = {
    "gpt_oss": dict(num_local_experts=4, num_experts_per_tok=2),
    "opt": dict(ffn_dim=48, word_embed_proj_dim=32, init_std=0.2, num_key_value_heads=2),
}
first, second = [3, 14, 15, 9, 26], [50, 28, 84, 19]
positions = torch.tensor([[*range(len(first)), *range(len(second))]])
for kind in ("llama", "mistral", "qwen3", "gemma3_text", "gpt_oss", "opt"):
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **{**SIZES, **OTHER.get(kind, {})})).eval()
    with torch.no_grad():
        alone = model(input_ids=torch.tensor([second]), use_cache=False).logits[0]
        packed = model(input_ids=torch.tensor([first + second]), position_ids=positions, use_cache=False).logits[0]
    print(f"{kind:12} largest difference of a logit: {(packed[len(first):] - alone).abs().max():.2g}")
PYTHON
