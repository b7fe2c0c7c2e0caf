"""Benchmarks: datasets that the student and its arms are graded on beside the run's own questions."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from stat_engine.config.section import Section

Metric = Literal["pass@1", "average@k", "pass@k"]
REWARDS = "_step_rewards"
"""How the folder of a benchmark's step rewards ends, which is no benchmark itself."""


class BenchmarkConfig(Section):
    """Questions of a dataset, how often each is asked, and what is made of the answers."""

    dataset: str = Field(min_length=1)
    split: Literal["test", "validation"] = "test"
    """A benchmark that comes as one file is imported as test questions."""
    metric: Metric = "pass@1"
    """`pass@1`: share right of the samples; `average@k`: the same over k of them; `pass@k`: chance that one
    of k is right (Chen et al. 2021)."""
    k: int = Field(1, ge=1)
    n_samples: int | None = Field(None, ge=1)
    """Samples a question; null: k. More than k make pass@k steadier."""
    temperature: float = Field(0.0, ge=0)
    """0: greedy, for one sample a question."""

    @property
    def samples(self) -> int:
        """Samples a question, by default k."""
        return self.n_samples or self.k

    @property
    def name(self) -> str:
        """What its evaluations are kept under: dataset, split unless test, metric unless pass@1."""
        split = "" if self.split == "test" else f"-{self.split}"
        metric = "" if self.metric == "pass@1" else f"-{self.metric.replace('@k', f'@{self.k}')}"
        return f"{self.dataset}{split}{metric}"

    @property
    def drawn(self) -> int:
        """Samples that one figure of a question rests on: its whole draw, cut into parts of k for pass@k."""
        return max(1, self.samples // self.k) if self.metric == "pass@k" else self.samples

    @field_validator("dataset")
    @classmethod
    def _is_no_folder_of_another_kind(cls, dataset: str) -> str:
        if dataset in ("test", "validation") or dataset.endswith(REWARDS):
            raise ValueError("this name stands for a part of a run; import the benchmark under another one")
        return dataset

    @model_validator(mode="after")
    def _samples_fit_the_metric(self) -> Self:
        if self.metric == "pass@1" and self.k != 1:
            raise ValueError(f"metric pass@1 has k=1, found k={self.k}: set metric to average@k or pass@k")
        if self.metric == "average@k" and self.samples != self.k:
            raise ValueError(f"average@k is over k={self.k} samples, found n_samples={self.samples}")
        if self.samples < self.k:
            raise ValueError(f"pass@k with k={self.k} needs as many samples, found n_samples={self.samples}")
        if self.samples > 1 and not self.temperature:
            raise ValueError(
                f"{self.samples} samples at temperature 0 are all the same answer: set its temperature"
            )
        return self
