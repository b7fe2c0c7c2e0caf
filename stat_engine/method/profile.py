"""Stage 2b: the Missing-Skill-Profile, failures of each skill from the current labels (paper, section 3).

A question counts a skill once, however many of its responses lack it. `n_questions` counts the validation
questions whose Skill-Map entry or label in force names the skill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stat_engine.records import MissingSkill, SkillMapEntry
from stat_engine.skills import Skill
from stat_engine.stats import clopper_pearson

SPARSE_LABELS_PER_SKILL = 3
"""Fewer missing skills than this a skill on average, and counts are mostly noise: at 3 the 95%
interval of a Poisson count runs from 0.6 to 8.8."""


@dataclass(frozen=True)
class SkillFailure:
    """One skill's line of the profile."""

    subject: str
    skill: str
    n_missing: int
    n_questions: int
    failure_rate: float
    """n_missing / n_questions, a fraction."""
    ci_low: float
    ci_high: float
    """Clopper-Pearson 95% interval of the failure rate."""


def build_profile(
    question_ids: Sequence[str], skill_map: Mapping[str, SkillMapEntry], labels: Sequence[MissingSkill]
) -> list[SkillFailure]:
    """Failures of every skill that the validation questions carry, most missed first."""
    carried: dict[Skill, set[str]] = {}
    missing: dict[Skill, set[str]] = {}
    for id in question_ids:
        entry = skill_map.get(id)
        for skill in entry.skills if entry else ():
            carried.setdefault((entry.subject, skill), set()).add(id)  # type: ignore[union-attr]
    for label in labels:
        for skill in label.skills:
            carried.setdefault((label.subject, skill), set()).add(label.question_id)
            missing.setdefault((label.subject, skill), set()).add(label.question_id)
    failures = [_failure(skill, len(missing.get(skill, ())), len(ids)) for skill, ids in carried.items()]
    return sorted(failures, key=lambda f: (-f.n_missing, -f.failure_rate, f.subject, f.skill))


def missed(labels: Sequence[MissingSkill]) -> list[tuple[str, str, str]]:
    """(difficult question, subject, missing skill), each once, sorted: what training sets are built from."""
    return sorted({(label.question_id, label.subject, skill) for label in labels for skill in label.skills})


def too_sparse(profile: Sequence[SkillFailure]) -> str | None:
    """A warning with its figure where the profile has too few labels to be useful, else None."""
    skills = [failure for failure in profile if failure.n_missing]
    total = sum(failure.n_missing for failure in skills)
    if not skills:
        return "the profile is empty: no difficult question has a missing skill"
    if total >= SPARSE_LABELS_PER_SKILL * len(skills):
        return None
    return (
        f"the profile is sparse: {total} missing skills over {len(skills)} skills, "
        f"{total / len(skills):.1f} a skill; below {SPARSE_LABELS_PER_SKILL} the counts are mostly chance"
    )


def _failure(skill: Skill, n_missing: int, n_questions: int) -> SkillFailure:
    low, high = clopper_pearson(n_missing, n_questions)
    return SkillFailure(*skill, n_missing, n_questions, n_missing / n_questions, low, high)
