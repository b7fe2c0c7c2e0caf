"""Public data sets by name: where each is on the Hugging Face hub, and what its rows say in our terms.

The one table of them is `PRESETS`. Rows have no id of their own where `id` counts them (`n`, from 0,
within a split, and a subject where the id names it); their order on the hub is part of what they are."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stat_engine import answers
from stat_engine.interop.row import Row
from stat_engine.records import Question, Split

Reading = Callable[[str], str | None]


def as_it_is(text: str) -> str | None:
    """The text without the space around it; None where nothing is left."""
    return text.strip() or None


def boxed(text: str) -> str | None:
    """Content of the last \\boxed{} or \\fbox{}, or of a \\boxed 2 without braces; None: there is none."""
    return answers.last_boxed(text)


def before_hashes(text: str) -> str | None:
    """What stands before the last ####."""
    return as_it_is(text.rpartition("####")[0])


@dataclass(frozen=True)
class Preset:
    """One public data set."""

    hub: str
    splits: dict[str, Split]
    """The hub's split -> ours."""
    id: str
    """Pattern of the question's id, filled from {split}, {subject}, {n} and the row's own {id}."""
    answer: tuple[str, Reading] | None = ("answer", answers.reference)
    """Field, and how the final answer is read from it; null: the rows have none."""
    problem: str = "problem"
    solution: tuple[str, Reading] | None = None
    subject: str | None = None
    level: str | None = None
    own_id: str | None = None
    """Field that {id} is read from."""
    configs: tuple[str, ...] = ()
    """The hub's configurations, all of which are read; none: there is only one."""
    is_rated: bool = False
    """Rows are responses with human step ratings, several to a question."""
    aliases: dict[str, str] = field(default_factory=dict)
    """Field under which some copies have another one."""


_SUBJECTS = (
    "algebra", "counting_and_probability", "geometry", "intermediate_algebra", "number_theory",
    "prealgebra", "precalculus",
)  # fmt: skip
PRESETS: dict[str, Preset] = {
    "math": Preset(
        "EleutherAI/hendrycks_math", {"train": "train", "test": "test"}, "math/{split}/{subject}/{n:05d}",
        answer=("solution", boxed), solution=("solution", as_it_is), subject="type", level="level",
        configs=_SUBJECTS,
    ),
    "gsm8k": Preset(
        "openai/gsm8k", {"train": "train", "test": "test"}, "gsm8k/{split}/{n:05d}",
        answer=("answer", answers.reference), problem="question", solution=("answer", before_hashes),
        configs=("main",),
    ),
    "math-500": Preset(
        "HuggingFaceH4/MATH-500", {"test": "test"}, "{id}",
        solution=("solution", as_it_is), subject="subject", level="level", own_id="unique_id",
    ),
    "amc23": Preset(
        "math-ai/amc23", {"test": "test"}, "amc23/{n:02d}", problem="question",
        aliases={"question": "problem"},
    ),
    "aime24": Preset("math-ai/aime24", {"test": "test"}, "aime24/{n:02d}", answer=("solution", boxed)),
    "aime25": Preset("math-ai/aime25", {"test": "test"}, "aime25/{n:02d}"),
    "processbench": Preset(
        "Qwen/ProcessBench",
        dict.fromkeys(("gsm8k", "math", "olympiadbench", "omnimath"), "validation"),
        "{id}", answer=None, own_id="id", is_rated=True,
    ),
}  # fmt: skip


class QuestionReader:
    """Rows of one data set, in the hub's order, as questions."""

    def __init__(self, preset: Preset) -> None:
        self._preset = preset
        self._counts: dict[tuple[str, str], int] = {}

    def read(self, row: Row, split: str) -> Question:
        """The row's question. Raises InputError for a row that does not fit."""
        preset = self._preset
        row = Row(row.line, self._with_texts(row), row.file, row.is_text)
        subject = _key(row.full_text(preset.subject)) if preset.subject else None
        return Question(
            id=self._id(row, split, subject or ""),
            split=preset.splits[split],
            subject=split if preset.is_rated else subject,
            level=_level(row, preset.level) if preset.level else None,
            problem=row.full_text(preset.problem),
            solution=_read(row, preset.solution),
            answer=_read(row, preset.answer),
        )

    def _with_texts(self, row: Row) -> dict[str, Any]:
        """The row's values under the names the preset knows, whole numbers as answers put into words."""
        values = {field: row.values[name] for field, name in self._preset.aliases.items() if row.has(name)}
        values |= row.values
        answer = values.get("answer")
        if isinstance(answer, int | float) and not isinstance(answer, bool):
            values["answer"] = str(int(answer)) if answer == int(answer) else str(answer)
        return values

    def _id(self, row: Row, split: str, subject: str) -> str:
        preset = self._preset
        group = (split, subject if "{subject}" in preset.id else "")
        n = self._counts[group] = self._counts.get(group, -1) + 1
        own = row.identifier(preset.own_id).removesuffix(".json") if preset.own_id else ""
        return preset.id.format(split=split, subject=subject, n=n, id=own)


def _read(row: Row, reading: tuple[str, Reading] | None) -> str | None:
    return reading[1](row.text(reading[0])) if reading else None


def _key(name: str) -> str:
    """A subject's name as a key: "Counting & Probability" is counting_and_probability."""
    return "_".join(name.lower().replace("&", "and").split())


def _level(row: Row, field: str) -> int | None:
    """ "Level 5" and 5 are 5; "Level ?" is not graded."""
    value = row.values.get(field)
    if not isinstance(value, str):
        return row.whole(field, 0)
    found = re.fullmatch(r"(?:Level )?(\d{1,2}|\?)", value)
    if found is None:
        raise row.refuse(field, row.found(field), "a level, as in Level 5")
    return None if found[1] == "?" else int(found[1])
