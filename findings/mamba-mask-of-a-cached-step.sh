#!/usr/bin/env bash
# One more token with a cache, the attention mask as long as all tokens, as decoders take it.
# Expected: the logits of one pass over all tokens, as in Llama and Mamba 2; or an error.
# Found with transformers 5.19.0: Mamba multiplies the one new state with the mask of every token, so the state is
# added to the cache once for each of them, with no error; from the second step on its logits are wrong.
# generate() leaves the mask out for Mamba, so only hand-written loops are affected.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install -q --target "$folder" torch==2.13.0 transformers==5.19.0 2>/dev/null
cd "$folder" && PYTHONPATH="$folder" TRANSFORMERS_VERBOSITY=error python3 - <<'PYTHON'
import torch
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache

SIZES = dict(vocab_size=97, hidden_size=32, num_hidden_layers=2, state_size=8, initializer_range=0.2,
             bos_token_id=1, eos_token_id=2, pad_token_id=0)
OTHER = {
    "llama": dict(intermediate_size=48, num_attention_heads=2),
    "mamba2": dict(num_heads=4, head_dim=16, n_groups=1, expand=2, chunk_size=8),
}
tokens = torch.tensor([[3, 14, 15, 9, 26, 50, 28, 84]])
n = 5
for kind in ("llama", "mamba2", "mamba"):
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **{**SIZES, **OTHER.get(kind, {})})).eval()
    for given in ("the whole mask", "no mask"):
        name = "past_key_values" if kind == "llama" else "cache_params"
        cache, off = DynamicCache(config=model.config), []
        with torch.no_grad():
            whole = model(input_ids=tokens, use_cache=False).logits[0]
            model(input_ids=tokens[:, :n], use_cache=True, **{name: cache})
            for at in range(n, tokens.shape[1]):
                mask = torch.ones(1, at + 1, dtype=torch.long) if given == "the whole mask" else None
                step = model(input_ids=tokens[:, at : at + 1], attention_mask=mask, use_cache=True, **{name: cache})
                off.append(f"{(step.logits[0, -1] - whole[at]).abs().max():.1g}")
        print(f"{kind:7} {given:15} largest difference of a logit, step by step: {' '.join(off)}")
PYTHON
