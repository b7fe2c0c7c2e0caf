"""RunConfig: everything that decides a run's outcome, validated before anything is loaded.

A configuration file is YAML with only the differences from these defaults; `key=value` overrides
come on top. Each stage hashes its own slice (`slice_for`), so a change redoes what depends on it
and nothing else. Constants are the paper's (arXiv 2510.10023) unless a line says otherwise.
"""

import difflib
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from stat_engine.errors import StatError, shown

Filter = Literal["prm", "consistency", "length", "orm", "ground-truth"]
Rule = Literal["paper", "adaptmi"]
METHODS = ("random", "uniform", "math-hard", "stat-sel", "skill-shuffled", "stat-syn")
"""Canonical names of the training sets' methods, as everything but the command line knows them."""
METHOD_ALIASES = {"naive": "random", "hard": "math-hard"}
Aggregate = Literal["any", "half", "all", "best-mean"]


class Section(BaseModel):
    """Base of the sections: frozen, unknown keys refused; a bare word means `backend`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _bare_word_is_the_backend(cls, value: Any) -> Any:
        return {"backend": value} if isinstance(value, str) and "backend" in cls.model_fields else value


class StudentConfig(Section):
    """The student and how it answers. `imported`: its responses come from a file."""

    backend: Literal["transformers", "imported"] = "transformers"
    model: str = "data/numeracy/student"
    """A local checkpoint folder or a hub id; a relative folder is looked for beside the package too."""
    name: str = "numeracy-student"
    n_samples: int = Field(1, ge=1)
    temperature: float = Field(0.1, ge=0)
    """0 is greedy; the paper samples pass@1 at 0.1."""
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(128, ge=1)
    seed: int = 0
    batch_size: int = Field(100, ge=1)
    """Questions a batch; part of the outcome, because a batch is sampled from one seed."""
    steps: Literal["newline", "blank-line"] = "newline"
    """Where a response is cut into steps; the paper's models use blank lines."""
    threads: int = Field(1, ge=1)
    """CPU threads; one beats several for small models on shared cores."""

    @model_validator(mode="after")
    def _greedy_gives_one_response(self) -> Self:
        if self.n_samples > 1 and self.temperature == 0:
            raise ValueError("several samples need a temperature above 0")
        return self


class RewardModelConfig(Section):
    """The process reward model. `imported`: step rewards come from a file."""

    backend: Literal["plus-minus", "imported"] = "plus-minus"
    model: str = "data/numeracy/reward_model"
    batch_size: int = Field(100, ge=1)
    """Responses a forward pass."""


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


class TeacherConfig(Section):
    """A teacher that labels missing skills and, where it can, writes and solves questions."""

    backend: Literal["numeracy", "question-skills"] = "numeracy"
    name: str | None = None
    """Endpoint name in the teacher-call key; null: the backend's name."""
    noise: float = Field(0.0, ge=0, le=1)
    """numeracy: probability that a label has a wrong, missing or extra skill."""
    solver_error: float = Field(0.0, ge=0, le=1)
    """numeracy: probability that one of its solutions to a new question has a wrong answer."""
    seed: int = 0
    labels_per_question: int = Field(1, ge=1)
    """Difficult responses of a question that are labelled, lowest mean reward first."""

    def endpoint(self) -> str:
        """Name under which its answers are kept."""
        return self.name or self.backend


class TrainingSetConfig(Section):
    """How large and from what the training sets are drawn."""

    pairs: int = Field(9500, ge=1)
    per_skill: int = Field(5, ge=1)
    """Pool questions a (difficult question, missing skill); the data recipe says 5, Algorithm 1 says 3."""
    answers_per_question: int = Field(3, ge=1)
    references: int = Field(3, ge=1)
    """Pool questions shown to the teacher for a synthesised one."""
    proposals: int = Field(2, ge=1)
    """New questions a (difficult question, missing skill)."""
    solutions: int = Field(3, ge=1)
    """Teacher solutions a new question."""
    min_agreeing: int = Field(2, ge=1)
    """Consistency score a new question needs."""
    allow_repeats: bool = False
    seed: int = 0


class SftConfig(Section):
    """LoRA fine-tuning (the paper's adapter; learning rate and threads as the embedded student needs)."""

    rank: int = Field(16, ge=1)
    alpha: int = Field(32, ge=1)
    dropout: float = Field(0.05, ge=0, lt=1)
    epochs: float = Field(3, gt=0)
    learning_rate: float = Field(2e-4, gt=0)
    batch_size: int = Field(8, ge=1)
    weight_decay: float = Field(0.1, ge=0)
    max_grad_norm: float = Field(0.3, gt=0)
    warmup: float = Field(0.03, ge=0, lt=1)
    """Fraction of the steps."""
    max_length: int = Field(2048, ge=8)
    threads: int = Field(1, ge=1)


class EvaluationConfig(Section):
    """Which questions the arms are compared on."""

    split: Literal["test", "validation"] = "test"
    temperature: float = Field(0.0, ge=0)
    batch_size: int = Field(200, ge=1)
    top_skills: int = Field(10, ge=1)
    """Most missed skills that count as the profile's own (the paper's figures show 10)."""


class RunConfig(Section):
    """One student, one validation set, one configuration."""

    dataset: str = "numeracy"
    student: StudentConfig = StudentConfig()
    reward_model: RewardModelConfig = RewardModelConfig()
    difficulty: DifficultyConfig = DifficultyConfig()
    teacher: TeacherConfig = TeacherConfig()
    """Its labels are the run's labels."""
    second_teachers: list[TeacherConfig] = []
    """Asked about the same responses, for agreement; their labels never enter the profile."""
    training_set: TrainingSetConfig = TrainingSetConfig()
    arms: list[str] = ["random", "stat-sel"]
    seeds: list[int] = [0]
    """Fine-tuning seeds of every arm."""
    sft: SftConfig = SftConfig()
    evaluation: EvaluationConfig = EvaluationConfig()

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


def load(path: Path | None = None, overrides: list[str] | None = None) -> RunConfig:
    """Configuration from a YAML file of differences and `key=value` overrides.

    Raises StatError in one sentence for a file that is none, an unknown key (with the nearest
    known one) or a value out of range."""
    tree = override(read_tree(path), overrides or [])
    return validate(tree, str(path) if path else "configuration")


def read_tree(path: Path | None) -> dict[str, Any]:
    """The settings of a YAML file, unchecked; none without a file."""
    if path is None:
        return {}
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise StatError(f"{path}: not a readable YAML file ({reason})") from None
    if not isinstance(tree, dict):
        raise StatError(f"{path}: found {type(tree).__name__}, expected a mapping of settings")
    return tree


def merge(tree: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """The tree with the settings of `over` in place of its own, section by section."""
    merged = dict(tree)
    for key, value in over.items():
        own = merged.get(key)
        value = {"backend": value} if isinstance(own, dict) and isinstance(value, str) else value
        merged[key] = merge(own, value) if isinstance(own, dict) and isinstance(value, dict) else value
    return merged


def override(tree: dict[str, Any], overrides: list[str]) -> dict[str, Any]:
    """The tree with `a.b=value` set for each override; values are read as YAML."""
    for item in overrides:
        key, sign, text = item.partition("=")
        if not sign or not key:
            raise StatError(f"setting {shown(item)}: expected key=value, as in difficulty.tau1=0.9")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError:
            raise StatError(f"setting {key}: found {shown(text)}, expected a YAML value") from None
        tree = _set(tree, key.split("."), value)
    return tree


def _set(tree: Any, path: list[str], value: Any) -> Any:
    if not path:  # a bare word for a section means its backend, the rest of it stays
        return {**tree, "backend": value} if isinstance(tree, dict) and isinstance(value, str) else value
    if isinstance(tree, str):
        tree = {"backend": tree}
    if isinstance(tree, list) and path[0].isdigit() and int(path[0]) < len(tree):
        at = int(path[0])
        return [*tree[:at], _set(tree[at], path[1:], value), *tree[at + 1 :]]
    base = tree if isinstance(tree, dict) else {}
    return {**base, path[0]: _set(base.get(path[0]), path[1:], value)}


def validate(tree: dict[str, Any], source: str = "configuration") -> RunConfig:
    """The tree as a RunConfig; raises StatError naming the first setting that does not fit."""
    try:
        return RunConfig.model_validate(tree)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            near = difflib.get_close_matches(path, known_keys(), 1, 0.4)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise StatError(f"{source}: unknown setting {path}{hint}") from None
        message = (first["msg"][0].lower() + first["msg"][1:]).removeprefix("value error, ")
        where = f"setting {path}: found {shown(first['input'])}, " if path else ""
        raise StatError(f"{source}: {where}{message}") from None


def known_keys(section: type[BaseModel] = RunConfig, prefix: str = "") -> list[str]:
    """The dotted name of every section and setting."""
    keys: list[str] = []
    for name, field in section.model_fields.items():
        kind = field.annotation
        keys.append(prefix + name)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += known_keys(kind, f"{prefix}{name}.")
    return keys


def differences(config: BaseModel, other: BaseModel | None = None) -> dict[str, tuple[Any, Any]]:
    """{dotted key: (value, other value)} where the two differ; without another, against the defaults."""
    mine, theirs = _flat(config.model_dump()), _flat((other or RunConfig()).model_dump())
    return {
        key: (mine.get(key), theirs.get(key))
        for key in sorted(mine.keys() | theirs.keys())
        if mine.get(key) != theirs.get(key)
    }


def as_yaml(config: RunConfig) -> str:
    """The configuration as YAML with only the differences from the defaults."""
    tree: dict[str, Any] = {}
    for key, (value, _) in differences(config).items():
        node = tree
        *parents, leaf = key.split(".")
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat
