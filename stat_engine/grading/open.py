"""Open the grader that a configuration names."""

from typing import Any

from stat_engine.config import GraderConfig
from stat_engine.errors import StatError, shown
from stat_engine.grading import answers
from stat_engine.grading.choice import ChoiceGrader
from stat_engine.grading.command import CommandGrader
from stat_engine.grading.grader import Graded, Grader, Judge
from stat_engine.grading.isolation import isolation
from stat_engine.grading.judge import JudgeGrader
from stat_engine.grading.mathematical import MathematicalGrader
from stat_engine.grading.text import ExactGrader, RegexGrader
from stat_engine.records import Question

STANDALONE = ("mathematical", "exact", "choice")
"""Graders that need no settings."""


def open_grader(config: GraderConfig, judge: Judge | None = None) -> Grader:
    """The grader that the configuration names; `judge` is what grader `judge` asks.

    Raises StatError for a command whose program is not there, and for grader `judge` without a judge."""
    if config.backend == "mathematical":
        return MathematicalGrader(config.timeout_s)
    if config.backend == "exact":
        return ExactGrader()
    if config.backend == "choice":
        return ChoiceGrader()
    if config.backend == "regex":
        return RegexGrader(config.pattern or "", config.timeout_s)
    if config.backend == "command":
        return CommandGrader(config)
    if judge is None:
        raise StatError("grader judge asks the run's teacher, and this teacher cannot judge; name another")
    return JudgeGrader(judge)


def grade_one(response: str, reference: str, backend: str = "mathematical") -> Graded:
    """One response against a reference answer, by a grader that needs no further settings.

    Raises StatError for any other grader, and for a reference that the grader cannot use."""
    if backend not in STANDALONE:
        raise StatError(
            f"found grader {shown(backend)}, expected {', '.join(STANDALONE)}; others need a run's settings"
        )
    grader = open_grader(GraderConfig.model_validate({"backend": backend}))
    question = Question(id="reference", split="test", problem="", answer=reference)
    return grader.grade([(response, question)])[0]


def graded(response: str, reference: str, backend: str = "mathematical") -> dict[str, Any]:
    """`answer`, `reference` (both as read), `is_correct` (null: not decided) and `rule`, the reason in words.

    Raises StatError as `grade_one` does."""
    found = grade_one(response, reference, backend)
    read = answers.reference(reference) if backend == "mathematical" else reference.strip()
    return {
        "answer": found.answer, "reference": read, "is_correct": found.is_correct, "rule": found.rule,
    }  # fmt: skip


def notice(config: GraderConfig) -> str | None:
    """What people should know before this grader is used on this machine; None: nothing."""
    return isolation().notice if config.backend == "command" else None
