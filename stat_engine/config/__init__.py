"""A run's configuration: its sections, their validation, and the way from files to them."""

from stat_engine.config.backends import (
    EmbeddingsConfig,
    GraderConfig,
    RewardModelConfig,
    ServerConfig,
    Splitter,
    StudentConfig,
    TeacherConfig,
)
from stat_engine.config.method import (
    METHOD_ALIASES,
    METHODS,
    TARGETED,
    Aggregate,
    DifficultyConfig,
    DomainConfig,
    EvaluationConfig,
    SftConfig,
    TrainingSetConfig,
)
from stat_engine.config.run import Price, RunConfig
from stat_engine.config.section import Section
from stat_engine.config.tree import (
    as_yaml,
    differences,
    known_keys,
    load,
    merge,
    override,
    read_tree,
    validate,
)

__all__ = [
    "METHODS", "METHOD_ALIASES", "TARGETED", "Aggregate", "DifficultyConfig", "DomainConfig",
    "EmbeddingsConfig", "EvaluationConfig", "GraderConfig", "Price", "RewardModelConfig", "RunConfig",
    "Section", "ServerConfig", "SftConfig", "Splitter", "StudentConfig", "TeacherConfig",
    "TrainingSetConfig", "as_yaml", "differences", "known_keys", "load", "merge", "override",
    "read_tree", "validate",
]  # fmt: skip
