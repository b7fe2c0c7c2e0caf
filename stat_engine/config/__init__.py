"""A run's configuration: its sections, their validation, and the reading of files and overrides."""

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
    EMBEDDED,
    METHOD_ALIASES,
    METHODS,
    REINFORCED,
    SYNTHESISED,
    TARGETED,
    Aggregate,
    DifficultyConfig,
    DomainConfig,
    EvaluationConfig,
    TrainingSetConfig,
)
from stat_engine.config.presets import Preset, compose, default_config, need_preset, presets, starting_tree
from stat_engine.config.run import Price, RunConfig, read_framing_of
from stat_engine.config.section import Section
from stat_engine.config.training import GrpoConfig, SftConfig
from stat_engine.config.tree import (
    as_setting,
    as_yaml,
    differences,
    fields,
    flat,
    known_keys,
    load,
    merge,
    override,
    read_tree,
    validate,
)

__all__ = [
    "EMBEDDED", "METHODS", "METHOD_ALIASES", "REINFORCED", "SYNTHESISED",
    "TARGETED", "Aggregate", "DifficultyConfig", "DomainConfig", "EmbeddingsConfig", "EvaluationConfig",
    "GraderConfig", "GrpoConfig", "Preset", "Price", "RewardModelConfig", "RunConfig", "Section",
    "ServerConfig", "SftConfig", "Splitter", "StudentConfig", "TeacherConfig", "TrainingSetConfig",
    "as_setting", "as_yaml", "compose", "default_config", "differences", "fields", "flat",
    "known_keys", "load", "merge", "need_preset", "override", "presets", "read_framing_of", "read_tree",
    "starting_tree", "validate",
]  # fmt: skip
