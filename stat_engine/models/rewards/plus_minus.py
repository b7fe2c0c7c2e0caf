"""Generative process reward models that say `+` or `-` for each step.

One forward pass for each response. In the plain form, which the small numeracy reward model has, a step's
reward is the softmax over the logits of `+` and `-` at the newline that ends it, taken at `+`. In
RLHFlow's form each step is a user turn and the assistant answers `+` or `-`."""

from collections.abc import Sequence
from typing import Any

from stat_engine.config import RewardModelConfig
from stat_engine.errors import StatError
from stat_engine.models.base import PartialScores, Scored
from stat_engine.models.local.loading import load_tokenizer, prompt
from stat_engine.models.rewards import scoring
from stat_engine.models.rewards.scoring import Row, Scorer


class PlusMinusRewardModel:
    """Reward of a step: P(+) against P(-) at the newline that ends it."""

    def __init__(self, config: RewardModelConfig, threads: int = 1) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        torch.set_num_threads(threads)
        self._tokenizer = load_tokenizer(config.model, trust_remote_code=config.trust_remote_code)
        minus, plus, self._newline = (self._token(config.model, text) for text in ("-", "+", "\n"))
        model = scoring.load_weights(config, AutoModelForCausalLM)
        self._context = scoring.context_of(model, config.max_length)
        self._scorer = Scorer(scoring.read_signs(model, (minus, plus)), model.device, config.token_budget)

    def score(
        self, items: Sequence[tuple[str, Sequence[str]]], partial: PartialScores | None = None
    ) -> list[Scored]:
        """One reward in [0, 1] a step that lies within the context."""
        return self._scorer.score(self._rows(items), partial)

    def _rows(self, items: Sequence[tuple[str, Sequence[str]]]) -> list[Row]:
        if not items:
            return []
        # a newline inside a step would be read as its end
        parts = [
            [prompt(self._tokenizer, problem), *(step.replace("\n", " ") for step in steps)]
            for problem, steps in items
        ]
        texts = [text for of_item in parts for text in of_item]
        encoded = iter(self._tokenizer(texts, add_special_tokens=False)["input_ids"])
        return [self._row([next(encoded) for _ in of_item]) for of_item in parts]

    def _row(self, parts: list[list[int]]) -> Row:
        """Tokens of problem and steps, each step ended by the newline at which it is read."""
        ids, ends = list(parts[0]), []
        for step in parts[1:]:
            ids += [*step, self._newline]
            ends.append(len(ids) - 1)
        return scoring.cut_row(ids, ends, self._context)

    def _token(self, model: str, text: str) -> int:
        ids: list[Any] = self._tokenizer.encode(text, add_special_tokens=False)
        if len(ids) != 1 or ids[0] == self._tokenizer.unk_token_id:
            raise StatError(f"reward model {model}: its tokenizer has no single token for {text!r}")
        return int(ids[0])


class RlhflowRewardModel:
    """Reward of a step: P(+) against P(-) where the assistant's answer to it is predicted."""

    def __init__(self, config: RewardModelConfig, threads: int = 1) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        torch.set_num_threads(threads)
        tokenizer = load_tokenizer(config.model, trust_remote_code=config.trust_remote_code)
        self._conversations, signs = scoring.signed_turns(tokenizer, config.model)
        self._conversations.check_turns()
        model = scoring.load_weights(config, AutoModelForCausalLM)
        self._context = scoring.context_of(model, config.max_length)
        self._scorer = Scorer(scoring.read_signs(model, signs), model.device, config.token_budget)

    def score(
        self, items: Sequence[tuple[str, Sequence[str]]], partial: PartialScores | None = None
    ) -> list[Scored]:
        """One reward in [0, 1] a step that lies within the context."""
        # a token is predicted at the one before it
        return self._scorer.score(
            [
                scoring.cut_row(marked.ids, [mark - 1 for mark in marked.marks], self._context)
                for marked in self._conversations.encode(items)
            ],
            partial,
        )
