"""A generative process reward model that says `+` or `-` at the end of each step.

One forward pass a response: the reward of a step is the softmax over the logits of `+` and `-` at
the newline that ends it, taken at `+`. This is the small numeracy reward model's form."""

from collections.abc import Sequence
from typing import Any

from stat_engine.errors import StatError
from stat_engine.models.transformers_student import load_model, load_tokenizer, prompt


class PlusMinusRewardModel:
    """Scores whole responses in right-padded batches."""

    def __init__(self, model: str, threads: int = 1) -> None:
        import torch

        torch.set_num_threads(threads)
        self._torch = torch
        self._tokenizer = load_tokenizer(model)
        self._model = load_model(model).eval()
        self._signs = [self._token(model, sign) for sign in ("+", "-")]
        self._newline = self._token(model, "\n")

    def score(self, items: Sequence[tuple[str, Sequence[str]]]) -> list[list[float]]:
        """One reward in [0, 1] a step; none for a response without steps."""
        filled = [(problem, steps) for problem, steps in items if steps]
        scored = iter(self._forward(filled)) if filled else iter(())
        return [next(scored) if steps else [] for _, steps in items]

    def _forward(self, items: list[tuple[str, Sequence[str]]]) -> list[list[float]]:
        rows, ends = zip(*(self._encode(problem, steps) for problem, steps in items), strict=True)
        width = max(len(row) for row in rows)
        pad = self._tokenizer.pad_token_id
        ids = self._torch.tensor([row + [pad] * (width - len(row)) for row in rows])
        mask = self._torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        with self._torch.inference_mode():
            logits = self._model(input_ids=ids, attention_mask=mask).logits[..., self._signs]
            plus = logits.double().softmax(-1)[..., 0]
        return [plus[at, end].tolist() for at, end in enumerate(ends)]

    def _encode(self, problem: str, steps: Sequence[str]) -> tuple[list[int], list[int]]:
        """Token ids of problem and steps, and the position of the newline that ends each step."""
        ids = list(self._tokenizer.encode(prompt(self._tokenizer, problem), add_special_tokens=False))
        ends = []
        for step in steps:
            # a newline inside a step would be read as its end
            text = " ".join(step.split("\n"))
            ids += [*self._tokenizer.encode(text, add_special_tokens=False), self._newline]
            ends.append(len(ids) - 1)
        return ids, ends

    def _token(self, model: str, text: str) -> int:
        ids: list[Any] = self._tokenizer.encode(text, add_special_tokens=False)
        if len(ids) != 1 or ids[0] == self._tokenizer.unk_token_id:
            raise StatError(f"reward model {model}: its tokenizer has no single token for {text!r}")
        return int(ids[0])
