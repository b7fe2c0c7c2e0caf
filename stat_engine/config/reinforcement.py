"""GrpoConfig: how a student, or an arm of it, learns from rewards (paper, "GRPO after SFT").

Constants are the paper's (arXiv 2510.10023) unless a line says otherwise."""

import math
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from stat_engine.config.fine_tuning import SftConfig
from stat_engine.config.section import Section


class GrpoConfig(Section):
    """Reinforcement after fine-tuning or on the student itself (the paper's GRPO)."""

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset({"device_batch", "vllm_url"})

    epochs: float = Field(6.0, gt=0)
    learning_rate: float = Field(5e-7, gt=0)
    """Constant."""
    questions: int | None = Field(None, ge=1)
    """Pool questions that are trained on; null: all of them, as in the paper."""
    questions_a_batch: int = Field(256, ge=1)
    """Questions whose answers are written at a time, before the updates that learn from them."""
    rollouts: int = Field(4, ge=2)
    """Answers a question, whose rewards are held against each other."""
    mini_batch: int = Field(64, ge=1)
    """Questions an update; the paper makes four updates a batch."""
    max_grad_norm: float = Field(1.0, ge=0)
    """The paper does not say; TRL's own."""
    max_tokens: int = Field(2048, ge=1)
    """Tokens of an answer at most; a longer one is cut, and is graded as it then stands."""
    temperature: float = Field(1.0, gt=0)
    """The paper does not say; our choice."""
    profile_weighs: Literal["nothing", "reward", "sampling"] = "nothing"
    """Skill-GRPO: what the Missing-Skill-Profile weighs, by the formula of `grpo.question_weights`."""
    strength: float = Field(1.0, ge=0, le=1)
    """How much it weighs: 0 not at all, 1 in proportion to the failure rate."""
    device_batch: int = Field(64, ge=1)
    """Answers in one forward pass of an update at most; memory alone hangs on it."""
    vllm_url: str | None = None
    """Server (`trl vllm-serve`) that writes the answers; null: transformers, in the training's process."""

    @property
    def method(self) -> str:
        """The method of an arm that is trained with these settings, as its card says it."""
        return "grpo" if self.profile_weighs == "nothing" else "skill-grpo"

    def n_batches(self, n_questions: int) -> int:
        """Batches of answers in all: an epoch is the whole batches that the questions make."""
        return math.ceil(self.epochs * (n_questions // self.questions_a_batch))

    def n_steps(self, n_questions: int) -> int:
        """Updates in all."""
        return self.n_batches(n_questions) * (self.questions_a_batch // self.mini_batch)

    def decides(self) -> dict[str, Any]:
        """The settings that decide the outcome; of a server that there is one, and not where it is."""
        return super().decides() | {"is_served": self.vllm_url is not None}

    def decides_an_arm(self, start: str, adapter: SftConfig) -> dict[str, Any]:
        """`decides`, with what decides the adapter: an arm goes on with its own, `base` begins a new one."""
        new = {"rank": adapter.rank, "alpha": adapter.alpha} if start == "base" else {}
        return {**self.decides(), **new, "adapter": adapter.method}

    @model_validator(mode="after")
    def _batches_are_whole(self) -> Self:
        if self.questions_a_batch % self.mini_batch:
            raise ValueError(
                f"questions_a_batch={self.questions_a_batch} is no multiple of mini_batch={self.mini_batch}"
            )
        if self.questions is not None and self.questions < self.questions_a_batch:
            raise ValueError(
                f"questions={self.questions} make no whole batch of {self.questions_a_batch}; lower "
                "questions_a_batch, and mini_batch with it"
            )
        return self
