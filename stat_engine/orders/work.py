"""Orders of long work, which runs as a job or in a terminal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from stat_engine.orders.order import Order

SMALLEST: Literal["smallest"] = "smallest"
Part = Literal["train", "validation", "test", "all"]


class DemoOrder(Order):
    """The whole loop on the embedded domain."""

    verb: ClassVar[str] = "demo"
    positional: ClassVar[tuple[str, ...]] = ()

    @property
    def of_run(self) -> str | None:
        """The demo's own run."""
        return "demo"


class RunOrder(Order):
    """Bring a run's stages up to date."""

    verb: ClassVar[str] = "run"
    option_names: ClassVar[dict[str, str]] = {"first": "from"}

    run: str
    first: str | None = None
    """First stage; null: the first there is."""
    until: str | None = None
    """Last stage; null: the last there is."""
    fork: str | None = None
    """Name of a copy to work in; null: in the run itself."""


class BuildOrder(Order):
    """Build a training set; null fields keep the run's own settings."""

    verb: ClassVar[str] = "build"

    run: str
    method: str
    name: str = ""
    """Name of the set; empty: the method's."""
    pairs: int | None = None
    answers_per_question: int | None = None
    per_skill: int | None = None
    rewrites: int | None = None
    allocation: str | None = None
    allocation_file: Path | None = None
    """JSON {subject: {skill: pairs}}, in place of `allocation` and `pairs`."""
    seed: int | None = None
    allow_repeats: bool = False


class TrainOrder(Order):
    """Fine-tune arms under the same settings, one a set and seed."""

    verb: ClassVar[str] = "train"
    option_names: ClassVar[dict[str, str]] = {"sets": "set", "methods": "build", "seeds": "seed"}

    run: str
    sets: tuple[str, ...] = ()
    """Training sets that are there."""
    methods: tuple[str, ...] = ()
    """Methods whose set is built first, under the method's name, where it is not there."""
    seeds: tuple[int, ...] = (0,)
    arm: str | None = None
    """The one arm's name; null: named like its set."""
    pairs: int | Literal["smallest"] | None = None
    """Pairs of each set at most; SMALLEST: as many as the smallest set has; null: all."""
    suffix: str = ""
    """Added to the arms' names."""
    evaluate: bool = False
    """Grade the student itself and the arms afterwards."""


class GrpoOrder(Order):
    """Reinforce an arm, or the student itself, as an arm of its own."""

    verb: ClassVar[str] = "grpo"
    option_names: ClassVar[dict[str, str]] = {"seeds": "seed"}

    run: str
    start: str = "base"
    """Arm to start from, seed by seed; `base`: the student itself."""
    seeds: tuple[int, ...] = (0,)
    arm: str | None = None
    """The new arm's name; null: the start's with the method added, as in stat-sel-grpo."""
    evaluate: bool = False
    """Grade the student itself, the start and the new arm afterwards."""


class EvaluateOrder(Order):
    """Grade the student itself and its arms."""

    verb: ClassVar[str] = "evaluate"
    option_names: ClassVar[dict[str, str]] = {"benchmarks": "benchmark"}

    run: str
    arm: str | None = None
    """One arm, `base` for the student itself; null: all of them."""
    benchmarks: tuple[str, ...] = ()
    """Benchmarks of the run's settings; empty: all."""


class ExportModelOrder(Order):
    """Write a trained arm to a folder."""

    verb: ClassVar[str] = "export-model"

    run: str
    arm: str
    to: Path
    seed: int | None = None
    """Seed of the fine-tuning; null: the first there is."""
    merge: bool = False
    """Whole weights in place of the adapter."""


class StudyOrder(Order):
    """Answer a question by runs that differ in one thing."""

    verb: ClassVar[str] = "study"
    positional: ClassVar[tuple[str, ...]] = ("kind", "run")
    option_names: ClassVar[dict[str, str]] = {
        "seeds": "seed", "arms": "arm", "values": "value", "students": "student",
    }  # fmt: skip

    kind: str
    run: str
    name: str | None = None
    """Name of the study; null: its kind."""
    seeds: tuple[int, ...] = (0, 1, 2)
    pairs: int | None = Field(None, ge=1)
    arms: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    students: tuple[str, ...] = ()


class SkillsOrder(Order):
    """What the three orders on a dataset's Skill-Map share; `settings` and `config` name the teacher."""

    positional: ClassVar[tuple[str, ...]] = ("dataset",)

    dataset: str
    config: Path | None = None
    split: Part = "train"
    seed: int = 0
    """Seed of the sample."""


class LabelSkillsOrder(SkillsOrder):
    """Have a teacher name the skills of questions from their subject's list."""

    verb: ClassVar[str] = "skills label"

    per_subject: int | None = Field(None, ge=1)
    """Questions a subject; null: all."""
    check: bool = False
    """Compare with the map that is there and save nothing."""


class DiscoverSkillsOrder(SkillsOrder):
    """Find a vocabulary: name skills freely, cluster the names, relabel from the clusters."""

    verb: ClassVar[str] = "skills discover"

    per_subject: int | None = Field(None, ge=1)
    clusters: Literal["teacher", "spelling"] = "teacher"
    distance: float = Field(0.7, gt=0, le=1)
    """Cosine distance at which names part, for `spelling`."""
    relabel: Part = "all"
    drop: bool = False
    """Take skills that are gone out of the Skill-Map."""
    out: Path | None = None
    """Write the vocabulary there and change nothing."""


class PropagateSkillsOrder(SkillsOrder):
    """Have a teacher label a sample, and a classifier the rest."""

    verb: ClassVar[str] = "skills propagate"

    per_subject: int = Field(100, ge=1)
    """Questions a subject that the teacher labels."""
    threshold: float = Field(0.8, ge=0, le=1)
    """Probability below which a label is doubtful."""
    doubtful: Literal["teacher", "review"] = "review"


class ImportOrder(Order):
    """Read a file into a dataset (questions, skill-map) or into a run (responses, step-rewards)."""

    verb: ClassVar[str] = "import"
    positional: ClassVar[tuple[str, ...]] = ("file",)
    option_names: ClassVar[dict[str, str]] = {"columns": "column"}

    kind: Literal["questions", "skill-map", "responses", "step-rewards"]
    file: Path
    dataset: str = ""
    run: str = ""
    split: Literal["train", "validation", "test"] | None = None
    """questions: the split of rows that name none."""
    vocabulary: Path | None = None
    """skill-map: JSON object {subject: [skill, ...]}."""
    skip_unknown: bool = False
    """Count and skip rows that join nothing."""
    reward_scale: Literal["probability", "logit"] = "probability"
    """responses, step-rewards: what the file's rewards are."""
    columns: tuple[str, ...] = ()
    """OURS=THEIRS: the file's column for a field of ours."""

    @property
    def path(self) -> tuple[str, ...]:
        """The verb of the kind of file."""
        return ("import", self.kind)

    def options(self) -> Iterator[tuple[str, Any]]:
        """The kind is a part of the verb."""
        return ((name, value) for name, value in super().options() if name != "kind")

    @property
    def of_run(self) -> str | None:
        """The run that the rows go into; None for a dataset."""
        return self.run or None


HubName = Literal["math", "gsm8k", "math-500", "amc23", "aime24", "aime25", "processbench"]


class ImportHubOrder(Order):
    """Import a public data set by name, from the Hugging Face hub or from a file with the hub's rows."""

    verb: ClassVar[str] = "import hub"
    positional: ClassVar[tuple[str, ...]] = ("name",)

    name: HubName
    file: Path | None = None
    dataset: str = ""
    """By default the data set's name."""
    split: str | None = None
    """The hub's split to download, or that the file is."""


class ImportLmEvalOrder(Order):
    """Import samples of lm-evaluation-harness as the responses of a run."""

    verb: ClassVar[str] = "import lm-eval"
    positional: ClassVar[tuple[str, ...]] = ("file",)

    file: Path
    dataset: str
    run: str
    model: str = "unnamed"
    filter: str | None = None
    """Needed where the file has several."""
    metric: str | None = None
    skip_unknown: bool = False


class AuditSkillMapOrder(Order):
    """Check a Skill-Map with a classifier fitted on one split and scored on the other."""

    verb: ClassVar[str] = "audit-skill-map"
    positional: ClassVar[tuple[str, ...]] = ("dataset",)

    dataset: str
    seed: int = 0
