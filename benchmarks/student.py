"""Answers of a small language model: our decoding against a plain transformers loop, greedy, on CPU.

Baseline: prompts in the order they come, batches of 16, left-padded `model.generate`. Ours:
`TransformersModel.complete`, once with all prompts in a call and once with the default batch_size of questions a
call. Model: a random Llama with a wide initialisation, so that greedy answers do not fall into loops, whose
end-of-sequence row in the output layer is made longer than the others by END: now and then, depending on what
was written, it wins. The lengths that follow are near to geometric; both sides run the same weights, and their
texts must be equal. Taking turns, best of two each; three minutes on a quiet core."""

import tempfile
from pathlib import Path
from timeit import timeit
from typing import Any

import numpy as np

from stat_engine.config import StudentConfig
from stat_engine.models.base import Sampling
from stat_engine.models.local.transformers_model import TransformersModel

N_PROMPTS, SHORTEST, LONGEST, MAX_TOKENS, BATCH = 600, 20, 120, 128, 16
HIDDEN, LAYERS, VOCABULARY, SPREAD, END = 256, 4, 4000, 0.1, 1.8


def make_checkpoint(folder: Path) -> None:
    """Save the random Llama and a tokenizer whose tokens are words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = ["<pad>", "<bos>", "<eos>", *(f"w{n}" for n in range(VOCABULARY - 3))]
    inner = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="<pad>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", bos_token="<bos>", eos_token="<eos>"
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY, hidden_size=HIDDEN, intermediate_size=2 * HIDDEN, num_hidden_layers=LAYERS,
            num_attention_heads=HIDDEN // 64, max_position_embeddings=LONGEST + MAX_TOKENS,
            initializer_range=SPREAD, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        )
    )  # fmt: skip
    with torch.no_grad():
        model.lm_head.weight[2] *= END
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def prompts() -> list[str]:
    """Prompts of random words, of evenly spread lengths."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(SHORTEST, LONGEST + 1, N_PROMPTS)
    return [" ".join(f"w{n}" for n in rng.integers(0, VOCABULARY - 3, length)) for length in lengths]


class PlainLoop:
    """The baseline; counts its decode slots."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
        self._model: Any = AutoModelForCausalLM.from_pretrained(folder).eval()
        self.n_slots = 0

    def answers(self, asked: list[str]) -> list[str]:
        """Texts in order."""
        texts, self.n_slots = [], 0
        for at in range(0, len(asked), BATCH):
            batch = self._tokenizer(asked[at : at + BATCH], return_tensors="pt", padding=True)
            width = batch["input_ids"].shape[1]
            output = self._model.generate(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"],
                max_new_tokens=MAX_TOKENS, do_sample=False,
            )  # fmt: skip
            texts += self._tokenizer.batch_decode(output[:, width:], skip_special_tokens=True)
            self.n_slots += output[:, width:].numel()
        return texts


def main() -> None:
    """Print the lengths, all times and both ratios."""
    asked, sampling = prompts(), Sampling(temperature=0, top_p=1, max_tokens=MAX_TOKENS)
    with tempfile.TemporaryDirectory() as name:
        make_checkpoint(Path(name))
        config = StudentConfig(model=name, framing="base", scheduler="ragged")
        ours, plain = TransformersModel(config), PlainLoop(Path(name))
    size = config.batch_size
    found: dict[str, Any] = {}

    def together() -> None:
        found["together"] = [row[0] for row in ours.complete(asked, sampling, 0)]

    def in_batches() -> None:
        parts = [asked[at : at + size] for at in range(0, len(asked), size)]
        found["in batches"] = [row[0] for part in parts for row in ours.complete(part, sampling, 0)]

    def baseline() -> None:
        found["baseline"] = plain.answers(asked)

    rounds = [
        (timeit(baseline, number=1), timeit(together, number=1), timeit(in_batches, number=1))
        for _ in range(2)
    ]
    assert found["together"] == found["in batches"]
    assert [answer.text for answer in found["together"]] == found["baseline"]
    lengths = [answer.n_tokens + (answer.finish_reason == "stop") for answer in found["together"]]
    slow, fast, faster = np.array(rounds).min(axis=0)
    print(
        f"{N_PROMPTS} prompts; tokens an answer, its end included, at 0/10/25/50/75/90/100%: "
        f"{np.percentile(lengths, [0, 10, 25, 50, 75, 90, 100]).round().astype(int).tolist()}; "
        f"useful decode slots of the baseline {sum(lengths) / plain.n_slots:.0%}"
    )
    print(
        f"plain loop {slow:.1f} s; all in one call {fast:.1f} s, ratio {slow / fast:.2f}; "
        f"{size} a call {faster:.1f} s, ratio {slow / faster:.2f}; same texts"
    )


if __name__ == "__main__":
    main()
