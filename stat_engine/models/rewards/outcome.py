"""Outcome reward models: one score for a whole response, and none for its steps.

There are two forms, recognised by the checkpoint's architecture: a sequence classification head, read as
its own forward pass does at the last token of question and response as one conversation (one label: its
sigmoid; two: the probability of label 1), and RLHFlow's, where a causal model answers
`+` or `-` to question and response in one turn.

A response that does not fit in the context gets no score, because its beginning does not determine its
outcome."""

from collections.abc import Sequence
from typing import Any

from stat_engine.config import RewardModelConfig
from stat_engine.errors import StatError
from stat_engine.models.base import Message, PartialScores, Scored
from stat_engine.models.checkpoints import locate
from stat_engine.models.local.loading import load_tokenizer, render
from stat_engine.models.rewards import scoring
from stat_engine.models.rewards.heads import last_read, read_sequences
from stat_engine.models.rewards.scoring import Conversations, Row, Scorer
from stat_engine.models.steps import join_steps


class OutcomeRewardModel:
    """Scores land in `outcome_reward`; `step_rewards` stay empty."""

    def __init__(self, config: RewardModelConfig, threads: int = 1) -> None:
        import torch

        torch.set_num_threads(threads)
        self._tokenizer = load_tokenizer(config.model, trust_remote_code=config.trust_remote_code)
        self._conversations: Conversations | None = None
        self._model: Any = None
        if _is_classifier(config):
            model, read = self._classifier(config)
        else:
            model, read = self._generative(config)
        self._context = scoring.context_of(model, config.max_length)
        self._scorer = Scorer(read, model.device, config.token_budget)

    def score(
        self, items: Sequence[tuple[str, Sequence[str]]], partial: PartialScores | None = None
    ) -> list[Scored]:
        """One score in [0, 1] a response; none for one without steps or beyond the context."""
        filled = [(problem, join_steps(list(steps))) for problem, steps in items if steps]
        made = iter(self._rows(filled))
        rows = [next(made) if steps else Row([], []) for _, steps in items]
        return self._scorer.score(
            rows, partial, lambda row, found: Scored([], found[0] if found else None, row.is_cut)
        )

    def _rows(self, items: list[tuple[str, str]]) -> list[Row]:
        if self._conversations is not None:
            encoded = self._conversations.encode([(problem, [response]) for problem, response in items])
            return [scoring.cut_row(marked.ids, [marked.marks[0] - 1], self._context) for marked in encoded]
        texts = [render(self._tokenizer, _answered(problem, response)) for problem, response in items]
        tokens = self._tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else []
        return [scoring.cut_row(ids, [last_read(self._model, ids)], self._context) for ids in tokens]

    def _classifier(self, config: RewardModelConfig) -> tuple[Any, Any]:
        from transformers import AutoModelForSequenceClassification

        model = scoring.load_weights(config, AutoModelForSequenceClassification)
        if model.config.num_labels not in (1, 2):
            raise StatError(
                f"reward model {config.model}: found a {type(model).__name__} of {model.config.num_labels} "
                "labels, expected one label or two"
            )
        self._model = model
        return model, read_sequences(model)

    def _generative(self, config: RewardModelConfig) -> tuple[Any, Any]:
        from transformers import AutoModelForCausalLM

        self._conversations, signs = scoring.signed_turns(self._tokenizer, config.model)
        model = scoring.load_weights(config, AutoModelForCausalLM)
        return model, scoring.read_signs(model, signs)


def _answered(problem: str, response: str) -> list[Message]:
    return [{"role": "user", "content": problem}, {"role": "assistant", "content": response}]


def _is_classifier(config: RewardModelConfig) -> bool:
    from transformers import AutoConfig

    stated = AutoConfig.from_pretrained(locate(config.model), trust_remote_code=config.trust_remote_code)
    architecture = (stated.architectures or [""])[0]
    if architecture.endswith("ForSequenceClassification"):
        return True
    if architecture.endswith("ForCausalLM"):
        return False
    raise StatError(
        f"reward model {config.model}: found architecture {architecture or 'unnamed'}, expected one that "
        "ends in ForSequenceClassification or ForCausalLM"
    )
