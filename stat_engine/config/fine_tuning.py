"""SftConfig: how a student is fine-tuned on a training set (paper, "Training")."""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from stat_engine.config.section import Section

PAPER_RATES = (5e-4, 2e-4, 1e-4, 8e-5, 2e-5)
"""Peak learning rates that the paper chooses from for each method, by validation accuracy."""


class SftConfig(Section):
    """LoRA fine-tuning (the paper's adapter; learning rate and threads as the embedded student needs).

    One step learns from batch_size * accumulation * processes pairs; the paper from 2 * 4."""

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset({"report_to", "gradient_checkpointing"})
    LATER: ClassVar[frozenset[str]] = frozenset(
        {"method", "accumulation", "packing", "group_by_length", "learning_rates", "processes"}
    )
    """Settings that are younger than some trained arms: at their defaults they decide nothing."""

    method: Literal["lora", "qlora"] = "lora"
    """`qlora`: the student's weights in 4 bits (bitsandbytes NF4, double quantisation, bf16 compute) under
    the paged 8-bit AdamW; on CUDA only."""
    rank: int = Field(16, ge=1)
    alpha: int = Field(32, ge=1)
    dropout: float = Field(0.05, ge=0, lt=1)
    epochs: float = Field(3, gt=0)
    learning_rate: float = Field(2e-4, gt=0)
    learning_rates: list[float] = []
    """Peak rates to choose from by validation accuracy, in place of `learning_rate`; empty: no choice.
    The paper's list is 5e-4, 2e-4, 1e-4, 8e-5, 2e-5."""
    batch_size: int = Field(8, ge=1)
    """Pairs (packed rows) that go through the student together, in each process."""
    accumulation: int = Field(1, ge=1)
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
    processes: int = Field(1, ge=1)
    """Processes that train together, one a GPU (accelerate)."""
    report_to: list[Literal["tensorboard", "wandb"]] = []
    """Where metrics go beside metrics.jsonl; each needs its package."""
    threads: int = Field(1, ge=1)

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
        if any(not rate > 0 for rate in rates) or len(set(rates)) < len(rates):
            raise ValueError("expected learning rates above 0, each once")
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
