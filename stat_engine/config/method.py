"""Settings of the method: thresholds, training sets, domain, evaluation and its benchmarks.

Constants are the paper's (arXiv 2510.10023) unless a line says otherwise."""

from collections.abc import Collection
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from stat_engine.config.backends import ANSWER_FORMATS, GraderConfig
from stat_engine.config.section import Name, Section, Seed, Text
from stat_engine.prompts import PromptFile, read_prompt, versions

Metric = Literal["pass@1", "average@k", "pass@k"]
REWARDS = "_step_rewards"
"""How the folder of a benchmark's step rewards ends, which is no benchmark itself."""


class BenchmarkConfig(Section):
    """Questions of a dataset, how often each is asked, and what is made of the answers."""

    dataset: Name
    split: Literal["test", "validation"] = "test"
    """A benchmark that comes as one file is imported as test questions."""
    metric: Metric = "pass@1"
    """`pass@1`: share right of the samples; `average@k`: the same over k of them; `pass@k`: chance that one
    of k is right (Chen et al. 2021)."""
    k: int = Field(1, ge=1, le=10_000)
    n_samples: int | None = Field(None, ge=1, le=10_000)
    """Samples a question; null: k. More than k make pass@k steadier."""
    temperature: float = Field(0.0, ge=0, le=100)
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


Filter = Literal["prm", "consistency", "length", "orm", "ground-truth"]
Rule = Literal["paper", "adaptmi"]
Aggregate = Literal["any", "half", "all", "best-mean"]
TARGETED = ("stat-sel", "stat-syn", "skill-shuffled", "syn-shuffled")
"""Methods that read the profile's counts."""
SYNTHESISED = ("stat-syn", "syn-shuffled", "embed-syn")
"""Methods whose questions the teacher writes."""
EMBEDDED = ("embed-sel", "embed-syn")
"""Methods that read vectors."""
METHODS = (
    "random", "uniform", "math-train", "math-augment", "math-hard", "embed-sel", "embed-syn", *TARGETED,
)  # fmt: skip
"""Canonical names of the training sets' methods, as everything but the command line knows them."""
REINFORCED = ("grpo", "skill-grpo")
"""Methods of arms that learn from rewards and not from a training set."""
METHOD_ALIASES = {"naive": "random", "hard": "math-hard"}


class DomainConfig(Section):
    """What the questions are about: with a vocabulary and a splitter of steps, this is all a domain is."""

    name: Text = "mathematics"
    """The word for it in prompts, as in "an expert in mathematics"."""
    prompts: str | None = None
    """Folder of prompt files that take the place of the package's own, by file name; null: none."""
    answer_format: str | None = None
    """How teachers are asked to write the final answer, as the words after "the final answer"; null: as the
    grader reads it, for mathematics "as \\boxed{answer}". It fills {{answer_format}} in prompts."""
    grader: GraderConfig = GraderConfig()

    def answer_format_used(self) -> str:
        """The format in force: the one set, else the grader's own."""
        own = ANSWER_FORMATS[self.grader.backend].replace("{pattern}", self.grader.pattern or "")
        return own if self.answer_format is None else self.answer_format

    def prompt(self, task: str) -> PromptFile:
        """The prompt of a task in this domain; raises InputError as `read_prompt` does."""
        return read_prompt(task, self.prompts, self.grader.backend, self.answer_format_used())

    def prompt_versions(self, tasks: Collection[str]) -> dict[str, str]:
        """{task: version} of this domain's prompts of these tasks."""
        return versions(self.prompts, tasks, self.grader.backend, self.answer_format_used())

    @field_validator("answer_format")
    @classmethod
    def _format_says_something(cls, text: str | None) -> str | None:
        if text is not None and not text.strip():
            raise ValueError("expected words that say how an answer is written, or null for the grader's own")
        return text


class DifficultyConfig(Section):
    """Which questions are difficult (paper, section 3, stage 1)."""

    filter: Filter = "prm"
    rule: Rule = "paper"
    tau1: float = Field(0.85, ge=0, le=1)
    """On the final and the mean reward; 0 switches it off."""
    tau2: float = Field(0.7, ge=0, le=1)
    """On every step before the final one; 0 switches it off."""
    aggregate: Aggregate | None = None
    """How n samples make a question difficult; null: `half`, and `best-mean` for rule adaptmi."""
    orm_tau: float = Field(0.9, ge=0, le=1)
    """Filter `orm`: difficult at or below it (table 11)."""
    min_agreeing: int = Field(2, ge=1)
    """Filter `consistency`: difficult when the most common answer appears less often (table 11)."""
    max_words: float = Field(800, gt=0)
    """Filter `length`: difficult when the mean response has at least so many words (table 11)."""

    def aggregate_used(self) -> Aggregate:
        """The aggregate in force: the one set, else the rule's own."""
        return self.aggregate or ("best-mean" if self.rule == "adaptmi" else "half")


class TrainingSetConfig(Section):
    """How large and from what the training sets are drawn."""

    BEFORE: ClassVar[dict[str, Any]] = {"pairs_by_skill": None, "reference_draw": "each", "equal": "smallest"}
    """Settings that are younger than some runs, with what was done before there were any."""

    pairs: int = Field(9500, ge=1, le=10_000_000)
    """Pairs a set at most."""
    equal: Literal["smallest", "own"] | Annotated[int, Field(ge=1, le=10_000_000)] = "smallest"
    """Size of the run's arms: `smallest`: all as large as the smallest; `own`: each as large as its recipe
    gives, up to `pairs`; a number: so many pairs each, or what its recipe gives where that is less."""
    per_skill: int = Field(5, ge=1, le=10_000)
    """Pool questions a (difficult question, missing skill); the data recipe says 5, Algorithm 1 says 3."""
    answers_per_question: int = Field(3, ge=1, le=10_000)
    rewrites: int = Field(0, ge=0, le=10_000)
    """Times that the teacher rewrites each drawn question's solution; the paper says 3."""
    allocation: Literal["proportional", "lower-bound"] = "proportional"
    """How often a skill is aimed at: as often as it is missed (the paper), or by the lower bound of its
    shrunken failure rate, so that a few unlucky answers buy little."""
    pairs_by_skill: dict[str, dict[str, Annotated[int, Field(ge=0, le=10_000_000)]]] | None = None
    """Pairs a skill as a person set them, {subject: {skill: pairs}}, in place of `allocation`; targeted
    methods only. Skills that are not named get none; more than `pairs` in all are scaled down to it."""
    neighbours: int = Field(5, ge=1, le=10_000)
    """embed-sel, embed-syn: nearest pool questions of a difficult question."""
    neighbour_proposals: int = Field(5, ge=1, le=10_000)
    """embed-syn: new questions a difficult question."""
    references: int = Field(3, ge=1, le=10_000)
    """Pool questions shown to the teacher for a synthesised one."""
    reference_draw: Literal["shared", "each"] = "shared"
    """stat-syn: `shared` (paper): all proposals of a (difficult question, missing skill) come from the same
    references, and each is told those before it; `each`: references are drawn for every proposal."""
    proposals: int = Field(2, ge=1, le=10_000)
    """New questions a (difficult question, missing skill)."""
    solutions: int = Field(3, ge=1, le=10_000)
    """Teacher solutions a new question."""
    min_agreeing: int = Field(2, ge=1)
    """Consistency score a new question needs."""
    near: float = Field(0.8, gt=0, le=1)
    """Share of common three-word runs (Jaccard) from which two questions count as near-copies; our choice."""
    drop_solved: int = Field(0, ge=0, le=10_000)
    """Drop a new question that the student solves in this many of as many samples; 0: do not ask it."""
    allow_repeats: bool = False
    seed: Seed = 0

    def decides(self) -> dict[str, Any]:
        """The settings that decide the outcome; without those that are as they were before there were any."""
        return self.model_dump(
            exclude={name for name, old in self.BEFORE.items() if getattr(self, name) == old}
        )

    def of_arms(self) -> Self:
        """The settings of a run's arms, with `equal` as the most pairs of each where it is a number."""
        return self if isinstance(self.equal, str) else self.model_copy(update={"pairs": self.equal})


class EvaluationConfig(Section):
    """Which questions the arms are compared on."""

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset({"top_skills", "benchmarks"})

    split: Literal["test", "validation"] = "test"
    """Split of the run's own dataset on which the arms are compared."""
    benchmarks: list[BenchmarkConfig] = []
    """Datasets that are asked beside it, each with its metric; the results on other ones stay as they are."""
    temperature: float = Field(0.0, ge=0, le=100)
    batch_size: int = Field(200, ge=1, le=1_000_000)
    top_skills: int = Field(10, ge=1, le=10_000)
    """Most missed skills that count as the profile's own (the paper's figures show 10)."""

    @field_validator("benchmarks")
    @classmethod
    def _benchmarks_are_distinct(cls, benchmarks: list[BenchmarkConfig]) -> list[BenchmarkConfig]:
        names = [benchmark.name for benchmark in benchmarks]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"benchmark {twice} stands there twice")
        return benchmarks
