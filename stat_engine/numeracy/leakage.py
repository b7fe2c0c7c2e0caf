"""How much of the test's weak-skill steps stands word for word in the pool: what could be memorised."""

from dataclasses import dataclass

from stat_engine.numeracy.dataset import split_problems
from stat_engine.numeracy.problem import Problem
from stat_engine.numeracy.skills import WEAK_SKILLS


@dataclass(frozen=True)
class SkillLeakage:
    subject: str
    skill: str
    # Questions made for the skill, in the pool and in the test.
    n_pool: int
    n_test: int
    # Share of the test's reference lines of this skill that stand in a solution of the pool, 0 to 1.
    share: float


def measure_leakage(seed: int = 0) -> list[SkillLeakage]:
    """One row a weak skill, in order of subject and skill, over the data set of this seed."""
    splits = split_problems(seed)
    return [_leakage(skill, splits["train"], splits["test"]) for skill in sorted(WEAK_SKILLS)]


def _leakage(skill: tuple[str, str], pool: list[Problem], test: list[Problem]) -> SkillLeakage:
    in_pool = [problem for problem in pool if (problem.subject, problem.skill) == skill]
    in_test = [problem for problem in test if (problem.subject, problem.skill) == skill]
    known = {step.text for p in in_pool for steps in p.solutions for step in steps}
    lines = [step.text for p in in_test for step in p.reference if step.skill == skill[1]]
    share = sum(line in known for line in lines) / len(lines) if lines else 0.0
    return SkillLeakage(*skill, len(in_pool), len(in_test), share)
