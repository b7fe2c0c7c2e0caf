"""Evaluation: graded responses of arms in, accuracies with intervals out.

Overall, per skill, per subject, on the difficult part (MATH^D: the test questions that the reward
filter flags for the student itself), and on the profile's own skills against the others."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from stat_engine.records import Response, SkillMapEntry
from stat_engine.skills import Skill
from stat_engine.stages.profile import SkillFailure
from stat_engine.stats import mcnemar, wilson


@dataclass(frozen=True)
class Accuracy:
    """A share of right answers, with its sample size and interval."""

    accuracy: float
    """Fraction, mean over seeds."""
    ci_low: float
    ci_high: float
    """Wilson 95% interval over questions."""
    n_questions: int


class Graded:
    """One arm's results: its share right over seeds, question by question."""

    def __init__(self, responses_by_seed: Mapping[int, Sequence[Response]]) -> None:
        self.seeds = sorted(responses_by_seed)
        right: dict[str, list[bool]] = {}
        for seed in self.seeds:
            for response in responses_by_seed[seed]:
                right.setdefault(response.question_id, []).append(bool(response.is_correct))
        self.share = {id: float(np.mean(marks)) for id, marks in right.items()}

    def accuracy(self, question_ids: Set[str] | None = None) -> Accuracy:
        """Accuracy on all questions, or on those of them in `question_ids`."""
        shares = [share for id, share in self.share.items() if question_ids is None or id in question_ids]
        n, k = len(shares), float(np.sum(shares))
        low, high = wilson(k, n)
        return Accuracy(k / n if n else float("nan"), low, high, n)

    def p_value(self, other: "Graded") -> float:
        """Paired two-sided McNemar p-value against another arm, on the questions both answered."""
        shared = sorted(self.share.keys() & other.share.keys())
        return mcnemar([self.share[id] for id in shared], [other.share[id] for id in shared])


def questions_by_skill(
    question_ids: Sequence[str], skill_map: Mapping[str, SkillMapEntry]
) -> dict[Skill, set[str]]:
    """The questions that carry each skill."""
    found: dict[Skill, set[str]] = {}
    for id in question_ids:
        entry = skill_map.get(id)
        for skill in entry.skills if entry else ():
            found.setdefault((entry.subject, skill), set()).add(id)  # type: ignore[union-attr]
    return found


def profile_questions(
    by_skill: Mapping[Skill, Set[str]], profile: Sequence[SkillFailure], top: int
) -> set[str]:
    """The questions that carry one of the `top` most missed skills."""
    skills = [(failure.subject, failure.skill) for failure in profile if failure.n_missing][:top]
    return set().union(*(by_skill.get(skill, set()) for skill in skills))
