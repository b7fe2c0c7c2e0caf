"""A token-classifying process reward model, as Qwen2.5-Math-PRM: a marker after each step.

Its published head is two linear layers with a ReLU between them, named `score.0` and `score.2`, on a
stock Qwen2 model. Only the checkpoint's own code has that class, and such code is off, so the head is
built here."""

from collections.abc import Sequence
from typing import Any

from stat_engine.config import RewardModelConfig
from stat_engine.errors import StatError
from stat_engine.models.base import Message, PartialScores, Scored
from stat_engine.models.checkpoints import locate
from stat_engine.models.framing import BOXED
from stat_engine.models.local.loading import load_tokenizer
from stat_engine.models.rewards.heads import read_head, read_tokens
from stat_engine.models.rewards.scoring import (
    Conversations,
    Scorer,
    context_of,
    cut_row,
    load_weights,
)

MARKER = "<extra_0>"
N_LABELS = 2


class QwenRewardModel:
    """Reward of a step: the probability of label 1 at the marker after it."""

    def __init__(self, config: RewardModelConfig, threads: int = 1) -> None:
        import torch

        torch.set_num_threads(threads)
        tokenizer = load_tokenizer(config.model, trust_remote_code=config.trust_remote_code)
        ids = tokenizer.encode(MARKER, add_special_tokens=False)
        if len(ids) != 1 or ids[0] == tokenizer.unk_token_id:
            raise StatError(f"reward model {config.model}: its tokenizer has no single token for {MARKER}")
        self._conversations = Conversations(tokenizer, config.model, marked_steps, MARKER, ids[0])
        model = load_weights(config, _model_class(config))
        self._context = context_of(model, config.max_length)
        has_own = type(model).__name__.endswith("ForTokenClassification")
        read = read_tokens(model) if has_own else read_head(model)
        self._scorer = Scorer(read, model.device, config.token_budget)

    def score(
        self, items: Sequence[tuple[str, Sequence[str]]], partial: PartialScores | None = None
    ) -> list[Scored]:
        """One reward in [0, 1] a step that lies within the context."""
        return self._scorer.score(
            [
                cut_row(marked.ids, marked.marks, self._context)
                for marked in self._conversations.encode(items)
            ],
            partial,
        )


def marked_steps(problem: str, steps: Sequence[str], mark: str) -> list[Message]:
    """The response as one assistant turn, a mark after each step, under the model card's instruction."""
    return [
        {"role": "system", "content": BOXED},
        {"role": "user", "content": problem},
        {"role": "assistant", "content": "".join(f"{step}{mark}" for step in steps)},
    ]


def _model_class(config: RewardModelConfig) -> Any:
    """transformers' token classification where the checkpoint says it is that; else the published head's."""
    from transformers import AutoConfig, AutoModelForTokenClassification

    stated = AutoConfig.from_pretrained(locate(config.model), trust_remote_code=config.trust_remote_code)
    if (stated.architectures or [""])[0].endswith("ForTokenClassification"):
        if stated.num_labels != N_LABELS:
            raise StatError(
                f"reward model {config.model}: found a head of {stated.num_labels} labels, "
                f"expected {N_LABELS}"
            )
        return AutoModelForTokenClassification
    if stated.model_type != "qwen2":
        raise StatError(
            f"reward model {config.model}: found a {stated.model_type} model, expected qwen2 with the head "
            "of Qwen2.5-Math-PRM, or a token classification checkpoint"
        )
    return _two_layer_class()


def _two_layer_class() -> Any:
    from torch import nn
    from transformers import Qwen2Model, Qwen2PreTrainedModel

    class Qwen2ForProcessRewardModel(Qwen2PreTrainedModel):  # type: ignore[misc]
        def __init__(self, config: Any) -> None:
            super().__init__(config)
            self.model = Qwen2Model(config)
            width = config.hidden_size
            self.score = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, N_LABELS))
            self.post_init()

    return Qwen2ForProcessRewardModel
