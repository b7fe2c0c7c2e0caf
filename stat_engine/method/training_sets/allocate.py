"""The number of pairs for each missing skill.

`proportional` (paper): in proportion to the profile's counts. `lower-bound`, our addition: a skill's
failure rate is shrunk towards the profile's overall rate a by a Beta(M a, M (1 - a)) prior; its weight is
the 5% quantile of that posterior times the questions that carry it. Three failures in three questions
then count little, while fifty in a hundred keep most of their weight. `pairs_by_skill`, our addition:
numbers that a person sets."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from stat_engine.config import TrainingSetConfig
from stat_engine.errors import StatError, shown
from stat_engine.method.profile import SkillFailure
from stat_engine.method.training_sets.select import Missing, Pool
from stat_engine.records import content_hash
from stat_engine.skills import Skill, Vocabulary
from stat_engine.stats import shrunken_lower_bound

PRIOR_QUESTIONS = 10.0
"""M: so many questions' worth of the overall rate stand against a skill's own; our choice."""


def allocate(
    missing: Sequence[Missing], profile: Sequence[SkillFailure], settings: TrainingSetConfig
) -> list[Missing]:
    """The (difficult question, missing skill) pairs to aim at: all of them, or each skill's share of them.

    A targeted skill keeps at least one; which ones stay depends on the seed alone. Under a person's
    numbers all of a skill's stay that has any."""
    numbers = person_numbers(settings)
    if numbers is not None:
        return [item for item in missing if numbers.get(item[1:])]
    if settings.allocation == "proportional":
        return list(missing)
    shares = _shares(profile)
    kept: set[Missing] = set()
    for skill, share in shares.items():
        own = [item for item in missing if item[1:] == skill]
        own.sort(key=lambda item: content_hash(settings.seed, *item))
        kept |= set(own[: math.ceil(share * len(own))])
    return [item for item in missing if item in kept]


def person_numbers(settings: TrainingSetConfig) -> dict[Skill, int] | None:
    """{skill: pairs} as a person set them, those above 0; None where nobody did.

    Where they come to more than `pairs`, they are scaled down to it."""
    if settings.pairs_by_skill is None:
        return None
    numbers = {
        (subject, skill): n for subject, of in settings.pairs_by_skill.items() for skill, n in of.items() if n
    }
    too_many = sum(numbers.values()) > settings.pairs
    return share_out(settings.pairs, numbers) if too_many else numbers


def planned_pairs(aimed: Sequence[Missing], settings: TrainingSetConfig) -> dict[Skill, int]:
    """{skill: pairs of a targeted set that are meant for it}: a person's numbers, else `pairs` shared out
    as often as each skill is aimed at. It knows nothing of what the pool has."""
    numbers = person_numbers(settings)
    return numbers if numbers is not None else share_out(settings.pairs, Counter(i[1:] for i in aimed))


def check_numbers(pool: Pool, settings: TrainingSetConfig) -> None:
    """Raise StatError where a person's numbers name a skill that no pool question carries, or are all 0."""
    numbers = person_numbers(settings) or {}
    if not numbers:
        raise StatError("the allocation gives no skill any pairs; expected at least one")
    there = Vocabulary.of_entries((subject, [skill]) for subject, skill in pool.by_skill)
    for subject, skill in numbers:
        if (subject, skill) not in pool.by_skill:
            near = there.nearest(subject, skill)
            hint = f"; did you mean {near}?" if near else ""
            raise StatError(f"allocation: no pool question carries {shown(f'{subject}/{skill}')}{hint}")


def share_out(total: int, weights: Mapping[Skill, int]) -> dict[Skill, int]:
    """`total` in whole numbers by weight; the largest remainders get what is left (Hamilton's method)."""
    of_all = sum(weights.values())
    if not of_all:
        return {}
    shares = {skill: divmod(total * weight, of_all) for skill, weight in weights.items()}
    left = total - sum(whole for whole, _ in shares.values())
    first = sorted(shares, key=lambda skill: (-shares[skill][1], skill))[:left]
    return {skill: whole + (skill in first) for skill, (whole, _) in shares.items()}


def _shares(profile: Sequence[SkillFailure]) -> dict[Skill, float]:
    """{skill: share of its missing pairs that is kept, in (0, 1]}; the best founded skill keeps all."""
    asked = sum(failure.n_questions for failure in profile)
    overall = sum(failure.n_missing for failure in profile) / max(asked, 1)
    worth = {
        (failure.subject, failure.skill): failure.n_questions
        * shrunken_lower_bound(failure.n_missing, failure.n_questions, overall, PRIOR_QUESTIONS)
        / failure.n_missing
        for failure in profile
        if failure.n_missing
    }
    most = max(worth.values(), default=1.0) or 1.0
    return {skill: share / most for skill, share in worth.items()}
