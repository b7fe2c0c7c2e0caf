"""Graders: how a response is held against a question's reference answer. `open_grader` opens one."""

from stat_engine.grading.grader import Graded, Grader, Judge
from stat_engine.grading.open import notice, open_grader

__all__ = ["Graded", "Grader", "Judge", "notice", "open_grader"]
