"""RunConfig: everything that decides a run's results, validated before anything is loaded."""

from typing import ClassVar, Self

from pydantic import Field, field_validator, model_validator

from stat_engine.config.backends import (
    EmbeddingsConfig,
    RewardModelConfig,
    ServerConfig,
    StudentConfig,
    TeacherConfig,
)
from stat_engine.config.framing import is_file, read_framing
from stat_engine.config.method import (
    METHOD_ALIASES,
    METHODS,
    DifficultyConfig,
    DomainConfig,
    EvaluationConfig,
    TrainingSetConfig,
)
from stat_engine.config.section import Name, Section, Seed
from stat_engine.config.training import GrpoConfig, SftConfig
from stat_engine.errors import shown


class Price(Section):
    """What a model's tokens cost, in USD per million."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)


class RunConfig(Section):
    """One student, one validation set, one configuration."""

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset({"prices", "budget"})

    dataset: Name = "numeracy"
    """Dataset of the validation and test questions."""
    pool_dataset: Name | None = None
    """Dataset whose training questions are the pool P, with its Skill-Map and vocabulary; null: the same."""
    domain: DomainConfig = DomainConfig()
    student: StudentConfig = StudentConfig()
    reward_model: RewardModelConfig = RewardModelConfig()
    difficulty: DifficultyConfig = DifficultyConfig()
    teacher: TeacherConfig = TeacherConfig()
    """Its labels are the run's labels."""
    second_teachers: list[TeacherConfig] = []
    """Asked about the same responses, for agreement; their labels never enter the profile."""
    embeddings: EmbeddingsConfig = EmbeddingsConfig()
    training_set: TrainingSetConfig = TrainingSetConfig()
    arms: list[str] = ["random", "stat-sel"]
    seeds: list[Seed] = [0]
    """Fine-tuning seeds of every arm."""
    sft: SftConfig = SftConfig()
    grpo: GrpoConfig = GrpoConfig()
    """Reinforcement, of which `stat-studio run` does none by itself."""
    evaluation: EvaluationConfig = EvaluationConfig()
    prices: dict[str, Price] = {}
    """By model name as the server knows it."""
    budget: float | None = Field(None, gt=0)
    """USD that this run's teacher calls may cost in all; null: no cap."""

    def teaches_itself(self) -> bool:
        """Whether the student, loaded on this machine, is one of the teachers."""
        teachers = (self.teacher, *self.second_teachers)
        return self.student.is_local() and any(teacher.backend == "student" for teacher in teachers)

    def servers(self) -> list[ServerConfig]:
        """The server sections of all parts, asked or not."""
        parts = (self.student, self.reward_model, self.teacher, *self.second_teachers, self.embeddings)
        return [part.server for part in parts]

    @field_validator("arms")
    @classmethod
    def _arms_are_methods(cls, arms: list[str]) -> list[str]:
        names = [METHOD_ALIASES.get(arm, arm) for arm in arms]
        for name in names:
            if name not in METHODS:
                raise ValueError(f"{shown(name)} is none of {', '.join(METHODS)}")
        return list(dict.fromkeys(names))

    @field_validator("seeds")
    @classmethod
    def _seeds_are_distinct(cls, seeds: list[int]) -> list[int]:
        if not seeds or len(set(seeds)) < len(seeds):
            raise ValueError("expected at least one seed, each once")
        return seeds

    @model_validator(mode="after")
    def _teachers_have_names_of_their_own(self) -> Self:
        names = [teacher.endpoint() for teacher in (self.teacher, *self.second_teachers)]
        if len(set(names)) < len(names):
            raise ValueError("every teacher needs a name of its own: set second_teachers.N.name")
        return self

    @model_validator(mode="after")
    def _an_outcome_reward_names_no_step(self) -> Self:
        if self.reward_model.backend == "outcome" and self.difficulty.filter == "prm":
            raise ValueError("reward_model.backend=outcome scores whole responses: set difficulty.filter=orm")
        return self

    @model_validator(mode="after")
    def _a_budget_needs_prices(self) -> Self:
        paid = [t.model for t in (self.teacher, *self.second_teachers) if t.backend == "openai" and t.model]
        if self.student.backend == "openai":
            paid.append(self.student.model)
        if self.embeddings.backend == "openai" and self.embeddings.model:
            paid.append(self.embeddings.model)
        unknown = [model for model in dict.fromkeys(paid) if model not in self.prices]
        if self.budget is not None and unknown:
            raise ValueError(
                f"a budget needs the prices of {', '.join(unknown)}: set prices.MODEL.input and .output"
            )
        return self


def read_framing_of(config: RunConfig) -> None:
    """Raise InputError where student.framing names a file that is no framing.

    For settings that a person gives; a run whose file is gone still opens."""
    if is_file(config.student.framing):
        read_framing(config.student.framing)
