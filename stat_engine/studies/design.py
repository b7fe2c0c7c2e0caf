"""The design of a study: a question, and the variants of one run that answer it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stat_engine.api import Run, Workspace


Contrasts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Design:
    """What a person decides about a study; null: as the study proposes, or as the run has it."""

    seeds: tuple[int, ...] = (0, 1, 2)
    """Fine-tuning seeds of every arm."""
    pairs: int | None = None
    """Pairs of every training set, where the study does not vary them."""
    arms: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    """Values of what is varied."""
    students: tuple[str, ...] = ()
    """Checkpoints in place of the run's student, for studies over several of them."""
    settings: tuple[str, ...] = ()
    """`key=value`, in force in every variant."""


@dataclass(frozen=True)
class Variant:
    """One run of a study: a copy of the run studied with one change."""

    name: str
    """Part of its run's name."""
    value: float | str
    """What is varied, as the table and the figure show it. Variants with one value are repetitions."""
    arms: tuple[str, ...]
    settings: tuple[str, ...] = ()
    """`key=value` over those of the run studied."""
    seeds: tuple[int, ...] = ()
    """Fine-tuning seeds; empty: the design's."""
    has_base: bool = True
    """Whether its student before training belongs in the table; not where it is an arm of another variant."""
    make: "Callable[[Workspace, Run, str, list[str]], Run] | None" = field(default=None, compare=False)
    """(workspace, run studied, name of the new run, settings) -> the new run; null: a fork."""
    then: "Callable[[Run], None] | None" = field(default=None, compare=False)
    """Work beyond the pipeline, once the variant's own arms are trained and evaluated."""
    reinforced: tuple[str, ...] = ()
    """Arms that `then` trains with GRPO and evaluates, with every seed."""


@dataclass(frozen=True)
class Study:
    """A question with the variants that answer it."""

    name: str
    question: str
    """What it answers, one sentence for people."""
    varied: str
    """Name of what is varied, for the axis."""
    default_arms: tuple[str, ...]
    variants: "Callable[[Run, Design], list[Variant]]"
    contrasts: "Contrasts | Callable[[tuple[str, ...]], Contrasts]" = ()
    """(arm, control): the comparisons that the study is about; or what tells them from its arms."""
    reference: float | str | None = None
    """The value that each arm's other values are compared with; null: values are not compared."""
    takes: tuple[str, ...] = ("values",)
    """What of values and students a person may choose."""

    def compared(self, design: Design) -> "Contrasts":
        """(arm, control) pairs for the arms asked for."""
        return self.contrasts(self.arms(design)) if callable(self.contrasts) else self.contrasts

    def arms(self, design: Design) -> tuple[str, ...]:
        """The arms asked for, else the study's own."""
        return design.arms or self.default_arms
