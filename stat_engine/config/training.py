"""SftConfig and GrpoConfig: settings of fine-tuning and of reinforcement (paper, "Training")."""

import math
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from stat_engine.config.section import Section, Text

PAPER_RATES = (5e-4, 2e-4, 1e-4, 8e-5, 2e-5)
"""Peak learning rates that the paper chooses from for each method, by validation accuracy."""


class SftConfig(Section):
    """LoRA fine-tuning (the paper's adapter; learning rate and threads as the embedded student needs).

    One step learns from batch_size * accumulation * processes pairs; the paper from 2 * 4."""

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset({"report_to", "gradient_checkpointing"})
    LATER: ClassVar[frozenset[str]] = frozenset(
        {
            "method",
            "accumulation",
            "packing",
            "group_by_length",
            "learning_rates",
            "processes",
            "target_modules",
        }
    )
    """Settings that are younger than some trained arms: at their defaults they decide nothing."""

    method: Literal["lora", "qlora"] = "lora"
    """`qlora`: the student's weights in 4 bits (bitsandbytes NF4, double quantisation, bf16 compute) under
    the paged 8-bit AdamW; on CUDA only."""
    rank: int = Field(16, ge=1, le=65_536)
    alpha: int = Field(32, ge=1, le=1_000_000)
    dropout: float = Field(0.05, ge=0, lt=1)
    target_modules: list[Text] = []
    """Last parts of the names of the layers that get an adapter, as in [q_proj, v_proj]; empty: every linear
    layer but the output's that can have one."""
    epochs: float = Field(3, gt=0, le=100_000)
    learning_rate: float = Field(2e-4, gt=0, le=100)
    learning_rates: list[float] = []
    """Peak rates to choose from by validation accuracy, in place of `learning_rate`; empty: no choice.
    The paper's list is 5e-4, 2e-4, 1e-4, 8e-5, 2e-5."""
    batch_size: int = Field(8, ge=1, le=1_000_000)
    """Pairs (packed rows) that go through the student together, in each process."""
    accumulation: int = Field(1, ge=1, le=1_000_000)
    """Batches whose gradients one step adds up; a smaller batch_size with more of them saves memory."""
    weight_decay: float = Field(0.1, ge=0)
    max_grad_norm: float = Field(0.3, gt=0)
    warmup: float = Field(0.03, ge=0, lt=1)
    """Fraction of the steps."""
    max_length: int = Field(2048, ge=8)
    """Tokens of question and solution; longer pairs are left out and counted."""
    group_by_length: bool = True
    """Pairs of like length share a batch, so that less of it is padding (the paper)."""
    packing: bool = False
    """Fill rows of max_length tokens with several pairs each; excludes group_by_length."""
    gradient_checkpointing: bool = False
    """Compute activations twice in place of keeping them: less memory, slower, the same arithmetic."""
    processes: int = Field(1, ge=1, le=4096)
    """Processes that train together, one a GPU (accelerate)."""
    report_to: list[Literal["tensorboard", "wandb"]] = []
    """Where metrics go beside metrics.jsonl; each needs its package."""
    threads: int = Field(1, ge=1, le=4096)

    def decides(self) -> dict[str, Any]:
        """The settings that decide the outcome; of those in LATER only what is not as it was before them.

        With rates to choose from, `learning_rate` decides nothing."""
        usual = {name for name in self.LATER if getattr(self, name) == _default(name)}
        chosen = {"learning_rate"} if self.learning_rates else set()
        return self.model_dump(exclude=set(self.OPERATIONAL) | usual | chosen)

    @property
    def pairs_a_step(self) -> int:
        """Pairs (packed rows) that one step of the optimiser learns from."""
        return self.batch_size * self.accumulation * self.processes

    @field_validator("learning_rates")
    @classmethod
    def _rates_are_distinct(cls, rates: list[float]) -> list[float]:
        if any(not 0 < rate <= 100 for rate in rates) or len(set(rates)) < len(rates):
            raise ValueError("expected learning rates above 0 and up to 100, each once")
        return rates

    @model_validator(mode="after")
    def _packed_rows_are_of_one_length(self) -> Self:
        if self.packing and self.group_by_length:
            raise ValueError(
                "packing fills every row to max_length, so there is no length to group by: with "
                "sft.packing=true set sft.group_by_length=false"
            )
        return self


def _default(name: str) -> Any:
    return SftConfig.model_fields[name].get_default(call_default_factory=True)


class GrpoConfig(Section):
    """Reinforcement after fine-tuning or on the student itself (the paper's GRPO)."""

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset({"device_batch", "vllm_url"})

    epochs: float = Field(6.0, gt=0, le=100_000)
    learning_rate: float = Field(5e-7, gt=0, le=100)
    """Constant."""
    questions: int | None = Field(None, ge=1)
    """Pool questions that are trained on; null: all of them, as in the paper."""
    questions_a_batch: int = Field(256, ge=1)
    """Questions whose answers are written at a time, before the updates that learn from them."""
    rollouts: int = Field(4, ge=2, le=10_000)
    """Answers a question, whose rewards are compared with each other."""
    mini_batch: int = Field(64, ge=1)
    """Questions an update; the paper makes four updates a batch."""
    max_grad_norm: float = Field(1.0, ge=0)
    """The paper does not say; TRL's own."""
    max_tokens: int = Field(2048, ge=1)
    """Tokens of an answer at most; a longer one is cut, and is graded as it then stands."""
    temperature: float = Field(1.0, gt=0, le=100)
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
        targets = {"target_modules": adapter.target_modules} if adapter.target_modules else {}
        new = {"rank": adapter.rank, "alpha": adapter.alpha, **targets} if start == "base" else {}
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
