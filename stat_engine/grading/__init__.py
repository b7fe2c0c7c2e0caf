"""Graders: compare a response with a question's reference answer. `open_grader` opens one."""

from stat_engine.grading.grader import Graded, Grader, Judge, Written
from stat_engine.grading.open import STANDALONE, grade_one, notice, open_grader

__all__ = ["STANDALONE", "Graded", "Grader", "Judge", "Written", "grade_one", "notice", "open_grader"]
