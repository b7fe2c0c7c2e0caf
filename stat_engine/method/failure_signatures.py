"""Known failures of the method, detected in a run's own figures.

Counts and paired differences in; a sentence with its figure out, or None. A warning appears only where
the 95% interval of its figure is conclusive."""

from collections.abc import Mapping, Sequence

import numpy as np

from stat_engine.method.accuracy import Difference
from stat_engine.method.difficulty import Confusion
from stat_engine.method.profile import SkillFailure, too_sparse
from stat_engine.skills import Skill
from stat_engine.stats import newcombe

USEFUL_FILTER = 0.58
"""Share flagged among wrong answers less that among right ones, as the paper's filter reaches it: accuracy
78, recall 92 and precision 70 (table 8 at 0.85 and 0.7) put it at 0.92 - 0.34."""
LEVEL = 0.05
N_DRAWS = 9_999
"""Profiles drawn under equal failure rates: a p-value near 0.05 is then known to 0.004 (Davison & Hinkley,
Bootstrap Methods, section 4.2)."""
WELL_FITTING = 0.8
"""Overlap from which a set fits whatever the pool does: a fifth of its skills differ; our choice."""
NEAR = 0.5
"""Share of common three-word runs from which a new question leans on an evaluation question; our choice. The
gates leave out what shares `training_set.near` or more, 0.8 by default, and nothing below it."""


def filter_near_chance(confusion: Confusion | None) -> str | None:
    """The filter does not tell wrong answers from right ones: the difference of the shares that it flags
    (Youden's J; 0 for a coin) has a 95% interval (Newcombe) that reaches to 0 or below, and ends below what
    the paper's filter reaches. None where correctness is not known of both kinds of answers."""
    if confusion is None:
        return None
    tp, fp, fn, tn = confusion["tp"], confusion["fp"], confusion["fn"], confusion["tn"]
    n_wrong, n_right = tp + fn, fp + tn
    low, high = newcombe(tp, n_wrong, fp, n_right)
    if not (n_wrong and n_right) or low > 0 or high >= USEFUL_FILTER:
        return None
    return (
        f"the filter flags {tp:,} of {n_wrong:,} wrong answers and {fp:,} of {n_right:,} right ones: "
        f"{tp / n_wrong - fp / n_right:+z.2f} ({low:+z.2f} to {high:+z.2f}), which a coin may do"
    )


def too_flat(profile: Sequence[SkillFailure]) -> str | None:
    """No skill's failure rate stands out: Pearson's chi-square of failures against questions, over all skills
    that questions carry, is as large by chance (p above 0.05, by draws with the margins as they are, because
    counts are small). None for a profile too sparse to say, and where the questions' own skills are not
    known, so that every rate is 1."""
    k, n = (
        np.array([getattr(f, of) for f in profile], dtype=np.int64) for of in ("n_missing", "n_questions")
    )
    if too_sparse(profile) or len(profile) < 2 or (k == n).all():
        return None
    expected = n * k.sum() / n.sum()
    rng = np.random.default_rng(0)
    drawn = rng.multivariate_hypergeometric(n, k.sum(), N_DRAWS, method="marginals")
    weight = 1 / (expected * (1 - k.sum() / n.sum()))
    observed = float((np.square(k - expected) * weight).sum())
    by_chance = (np.square(drawn - expected) * weight).sum(axis=1)
    p = (1 + int((by_chance >= observed - 1e-9).sum())) / (1 + N_DRAWS)
    if p <= LEVEL:
        return None
    return (
        f"the profile is flat: failure rates of {len(profile)} skills do not differ beyond chance from the "
        f"{k.sum() / n.sum():.2f} of all (chi-square {observed:.1f}, p = {p:.2f})"
    )


def overlap(counts: Mapping[Skill, int], others: Mapping[Skill, int]) -> float | None:
    """Share of skill counts that two have in common, in [0, 1]: 1 less the total variation distance.

    None where one of them is empty."""
    n, m = sum(counts.values()), sum(others.values())
    if not n or not m:
        return None
    return sum(min(count / n, others.get(skill, 0) / m) for skill, count in counts.items())


def set_misses_profile(
    profile: Mapping[Skill, int], of_set: Mapping[Skill, int], of_pool: Mapping[Skill, int]
) -> str | None:
    """A targeted set fits the profile no better than the whole pool does, which a random draw is like.

    Compared with the pool rather than with 1: a pool question brings its other skills along, so that the best
    set there is fits in part."""
    ours, random = overlap(profile, of_set), overlap(profile, of_pool)
    if ours is None or random is None or ours >= WELL_FITTING or ours > random:
        return None
    return f"its skills overlap the profile by {ours:.2f}, those of the whole pool by {random:.2f}"


def gains_on_easy_only(whole: Difference, difficult: Difference) -> str | None:
    """A gain on the benchmark (interval above 0) that its difficult part, MATH^D, does not share: there the
    interval includes 0 and ends below the gain on all questions, so it is not only a lack of questions."""
    if whole.ci_low <= 0 or not difficult.n_questions:
        return None
    if difficult.ci_low > 0 or difficult.ci_high >= whole.difference:
        return None
    return (
        f"gains {_signed(whole)} on {whole.n_questions:,} questions, but {_signed(difficult)} on the "
        f"{difficult.n_questions:,} difficult ones"
    )


def forgets(
    on_profile: Difference, elsewhere: Difference, drops: Mapping[Skill, Difference], n_tested: int
) -> str | None:
    """Loss outside the profile's skills, where an arm gained on them: a trade.

    `elsewhere` is the difference on all questions without one of these skills, told where its interval lies
    below 0: a little lost on each of many skills shows there alone. `drops` holds the single skills whose
    gain lies below 0 with an interval without 0 and a p-value that stays at or below 0.05 after Holm's
    correction for the `n_tested` skills outside the profile."""
    if on_profile.ci_low <= 0:
        return None
    gains = f"gains {_signed(on_profile)} on the profile's skills and loses"
    if not drops:
        n = f"{elsewhere.n_questions:,}"
        return f"{gains} {_lost(elsewhere)} on the {n} other questions" if elsewhere.ci_high < 0 else None
    worst = sorted(drops.items(), key=lambda item: item[1].difference)
    named = "; ".join(f"{skill} {_signed(found)}" for (_, skill), found in worst[:3])
    more = f" and {len(worst) - 3} more" if len(worst) > 3 else ""
    return f"{gains} on {len(drops)} of {n_tested} others (Holm's correction): {named}{more}"


def too_near(
    n_near: int, n: int, n_near_shown: int, n_shown: int, n_copies: int, threshold: float
) -> str | None:
    """New questions that are nearer to the evaluation questions than the questions they were written from.

    Near-duplicates (`threshold` or more of the wording) are reported from the first one. Below that, `n_near`
    of the n new questions share NEAR or more with their nearest evaluation question, against `n_near_shown`
    of the `n_shown` pool questions that the teacher was shown; reported where Newcombe's 95% interval of the
    difference is above 0. The comparison accounts for wording that one skill or template shares anyway."""
    if n_copies:
        return (
            f"{n_copies:,} of {n:,} questions share {threshold:.0%} or more of their wording with one of them"
        )
    low, high = newcombe(n_near, n, n_near_shown, n_shown)
    if not (n and n_shown) or low <= 0:
        return None
    more = n_near / n - n_near_shown / n_shown
    return (
        f"{n_near:,} of {n:,} new questions share {NEAR:.0%} or more of their wording with one of them, of "
        f"the pool questions they were written from {n_near_shown:,} of {n_shown:,}: {more:+z.3f} "
        f"({low:+z.3f} to {high:+z.3f})"
    )


def _signed(found: Difference) -> str:
    return f"{found.difference:+z.3f} ({found.ci_low:+z.3f} to {found.ci_high:+z.3f})"


def _lost(found: Difference) -> str:
    """The size of a loss with its interval, for a sentence that says "loses"."""
    return f"{-found.difference:z.3f} ({-found.ci_high:z.3f} to {-found.ci_low:z.3f})"
