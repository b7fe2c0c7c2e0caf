"""From a configuration to the grader it names."""

from stat_engine.config import GraderConfig
from stat_engine.errors import StatError
from stat_engine.grading.command import CommandGrader
from stat_engine.grading.grader import Grader, Judge
from stat_engine.grading.isolation import isolation
from stat_engine.grading.judge import JudgeGrader
from stat_engine.grading.mathematical import MathematicalGrader
from stat_engine.grading.text import ChoiceGrader, ExactGrader, RegexGrader


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
        return RegexGrader(config.pattern or "")
    if config.backend == "command":
        return CommandGrader(config)
    if judge is None:
        raise StatError("grader judge asks the run's teacher, and this teacher cannot judge; name another")
    return JudgeGrader(judge)


def notice(config: GraderConfig) -> str | None:
    """What people should know before this grader is used on this machine; None: nothing."""
    return isolation().notice if config.backend == "command" else None
