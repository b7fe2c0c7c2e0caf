"""Orders of short work: what a page asks of the engine and shows within seconds or a few minutes."""

from pathlib import Path
from typing import ClassVar, Literal

from stat_engine.orders.order import Order


class NewOrder(Order):
    """Make a run."""

    verb: ClassVar[str] = "new"

    run: str
    dataset: str | None = None
    preset: str | None = None


class ForkOrder(Order):
    """Copy a run under other settings."""

    verb: ClassVar[str] = "fork"
    positional: ClassVar[tuple[str, ...]] = ("run", "copy_name")

    run: str
    copy_name: str


class SetOrder(Order):
    """Put settings of a run in force."""

    verb: ClassVar[str] = "set"

    run: str


class RoundOrder(Order):
    """Make the next round: a run whose student is a trained arm of this one."""

    verb: ClassVar[str] = "round"

    run: str
    arm: str
    seed: int = 0
    dataset: str | None = None
    """Dataset of the new validation questions; null: the run's own."""
    name: str | None = None


class TryOrder(Order):
    """Ask the student and its arms one question."""

    verb: ClassVar[str] = "try"
    option_names: ClassVar[dict[str, str]] = {"arms": "arm"}

    run: str
    arms: tuple[str, ...]
    question: str = ""
    id: str = ""
    """A question of the run's dataset in place of `question`."""
    seed: int | None = None


class WarningsOrder(Order):
    """The warnings of a run."""

    verb: ClassVar[str] = "warnings"

    run: str


class DisagreementsOrder(Order):
    """Where the grader and imported verdicts differ."""

    verb: ClassVar[str] = "disagreements"

    run: str


class LeakageOrder(Order):
    """How near the questions of a training set come to evaluation questions."""

    verb: ClassVar[str] = "leakage"
    positional: ClassVar[tuple[str, ...]] = ("run", "set_name")

    run: str
    set_name: str


class ExportOrder(Order):
    """Write a training set for another tool."""

    verb: ClassVar[str] = "export"
    positional: ClassVar[tuple[str, ...]] = ("run", "set_name")

    run: str
    set_name: str
    format: Literal["trl", "openai", "alpaca", "sharegpt", "parquet"] = "trl"
    out: Path


class DoctorOrder(Order):
    """What this machine has for the work."""

    verb: ClassVar[str] = "doctor"
    positional: ClassVar[tuple[str, ...]] = ()


class ModelsOrder(Order):
    """Ask one server for its models."""

    verb: ClassVar[str] = "models"
    positional: ClassVar[tuple[str, ...]] = ()

    url: str | None = None
    """null: OPENAI_BASE_URL, else OpenAI's own."""
    key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds the server's key."""


class SplitOrder(Order):
    """Draw validation and test questions."""

    verb: ClassVar[str] = "split"
    positional: ClassVar[tuple[str, ...]] = ("dataset",)
    option_names: ClassVar[dict[str, str]] = {"of": "from"}

    dataset: str
    validation: int
    of: str = "test"
    """Split to draw from."""
    seed: int = 0


class VocabularyOrder(Order):
    """What the orders that edit one skill share."""

    positional: ClassVar[tuple[str, ...]] = ("dataset", "skill")

    dataset: str
    subject: str | None = None
    note: str = ""
    """Why, for the list of versions."""


class RenameSkillOrder(VocabularyOrder):
    """Give a skill another name."""

    verb: ClassVar[str] = "skills rename"

    skill: str
    to: str


class MergeSkillsOrder(VocabularyOrder):
    """Make several skills of a subject one."""

    verb: ClassVar[str] = "skills merge"
    positional: ClassVar[tuple[str, ...]] = ("dataset", "skills")

    skills: tuple[str, ...]
    into: str


class SplitSkillOrder(VocabularyOrder):
    """Give some of a skill's questions another skill."""

    verb: ClassVar[str] = "skills split"
    option_names: ClassVar[dict[str, str]] = {"questions": "question"}

    skill: str
    to: str
    questions: tuple[str, ...] = ()
    matching: str = ""
    """All its questions whose text contains this."""


class MoveSkillOrder(VocabularyOrder):
    """Move a skill to another subject's list."""

    verb: ClassVar[str] = "skills move"

    skill: str
    to_subject: str


class RestoreVocabularyOrder(Order):
    """Put an earlier version of the current vocabulary again."""

    verb: ClassVar[str] = "skills restore"
    positional: ClassVar[tuple[str, ...]] = ("dataset", "version")

    dataset: str
    version: int
    with_map: bool = False
    drop: bool = False
