"""A generative process reward model in RLHFlow's form: the assistant answers `+` or `-` to each step.

Public code makes one forward pass a step. One pass over the whole conversation gives the same
numbers, because a causal model's output at a sign does not depend on what follows it."""

from collections.abc import Sequence

from stat_engine.config import RewardModelConfig
from stat_engine.models.base import Scored
from stat_engine.models.local.loading import load_tokenizer
from stat_engine.models.rewards.conversations import Conversations, sign_tokens, sign_turns
from stat_engine.models.rewards.heads import context_of, load_weights, read_signs
from stat_engine.models.rewards.scoring import Scorer, cut_row


class RlhflowRewardModel:
    """Reward of a step: P(+) against P(-) where the assistant's answer to it is predicted."""

    def __init__(self, config: RewardModelConfig, threads: int = 1) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        torch.set_num_threads(threads)
        tokenizer = load_tokenizer(config.model, trust_remote_code=config.trust_remote_code)
        signs = sign_tokens(tokenizer, config.model)
        self._conversations = Conversations(tokenizer, config.model, sign_turns, "+", signs[1])
        self._conversations.check_turns()
        model = load_weights(config, AutoModelForCausalLM)
        self._context = context_of(model, config.max_length)
        self._scorer = Scorer(read_signs(model, signs), model.device, config.token_budget)

    def score(self, items: Sequence[tuple[str, Sequence[str]]]) -> list[Scored]:
        """One reward in [0, 1] a step that lies within the context."""
        # a token is predicted at the one before it
        return self._scorer.score(
            [
                cut_row(marked.ids, [mark - 1 for mark in marked.marks], self._context)
                for marked in self._conversations.encode(items)
            ]
        )
