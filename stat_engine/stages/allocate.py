"""How often each missing skill is aimed at.

`proportional` (paper): as often as the profile counts it. `lower-bound`, our addition: a skill's
failure rate is shrunk towards the profile's overall rate a by a Beta(M a, M (1 - a)) prior, and the
skill weighs by the 5% quantile of that posterior times the questions that carry it. Three unlucky
answers out of three then buy little, while fifty out of a hundred keep most of their weight."""

import math
from collections.abc import Sequence

from stat_engine.config import TrainingSetConfig
from stat_engine.records import content_hash
from stat_engine.skills import Skill
from stat_engine.stages.profile import SkillFailure
from stat_engine.stages.select import Missing
from stat_engine.stats import shrunken_lower_bound

PRIOR_QUESTIONS = 10.0
"""M: so many questions' worth of the overall rate stand against a skill's own; our choice."""


def allocate(
    missing: Sequence[Missing], profile: Sequence[SkillFailure], settings: TrainingSetConfig
) -> list[Missing]:
    """The (difficult question, missing skill) pairs to aim at: all of them, or each skill's share of them.

    A skill that is aimed at keeps at least one; which ones stay hangs on the seed alone."""
    if settings.allocation == "proportional":
        return list(missing)
    shares = _shares(profile)
    kept: set[Missing] = set()
    for skill, share in shares.items():
        own = [item for item in missing if item[1:] == skill]
        own.sort(key=lambda item: content_hash(settings.seed, *item))
        kept |= set(own[: math.ceil(share * len(own))])
    return [item for item in missing if item in kept]


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
