"""Each failure signature speaks where the figures settle it, and is silent where they do not."""

from collections.abc import Sequence

import pytest

from stat_engine.method.accuracy import Difference
from stat_engine.method.failure_signatures import (
    filter_near_chance,
    forgets,
    gains_on_easy_only,
    overlap,
    set_misses_profile,
    too_flat,
    too_near,
)
from stat_engine.method.profile import SkillFailure

A, B, C = ("Algebra", "addition"), ("Algebra", "area"), ("Geometry", "angles")


def profile(*counts: tuple[int, int]) -> list[SkillFailure]:
    return [SkillFailure("Algebra", f"s{at}", k, n, k / n, 0, 1) for at, (k, n) in enumerate(counts)]


def by(gain: float, low: float, high: float, n: int = 100) -> Difference:
    return Difference(gain, low, high, 0.01, 0, 0, n)


@pytest.mark.parametrize(
    ("tp", "fn", "fp", "tn", "says"),
    [
        (50, 50, 50, 50, "50 of 100 wrong answers and 50 of 100 right ones: +0.00 (-0.14 to +0.14)"),
        (40, 0, 60, 0, "40 of 40 wrong answers and 60 of 60 right ones"),  # flags everything
        (20, 80, 60, 40, "-0.40"),  # worse than a coin
        (92, 8, 34, 66, None),  # the paper's filter
        (60, 40, 40, 60, None),  # weak, but no coin
        (2, 1, 1, 2, None),  # too few to say
        (50, 50, 0, 0, None),  # no right answer to hold it against
    ],
)
def test_a_filter_is_told_from_a_coin(tp: int, fn: int, fp: int, tn: int, says: str | None) -> None:
    found = filter_near_chance({"tp": tp, "fp": fp, "fn": fn, "tn": tn})
    assert (found is None) == (says is None)
    assert says is None or says in str(found)


def test_a_filter_without_known_answers_is_not_judged() -> None:
    assert filter_near_chance(None) is None


@pytest.mark.parametrize(
    ("counts", "is_flat"),
    [
        ([(10, 50), (11, 50), (9, 50), (12, 50)], True),
        ([(40, 50), (5, 50), (6, 50), (4, 50)], False),
        ([(1, 50), (2, 50)], False),  # sparse: another warning's matter
        ([(10, 10), (30, 30)], False),  # the questions' own skills are not known
        ([(30, 50)], False),  # one skill has nobody to differ from
    ],
)
def test_a_profile_is_flat_where_no_skill_stands_out(
    counts: Sequence[tuple[int, int]], is_flat: bool
) -> None:
    assert (too_flat(profile(*counts)) is not None) == is_flat


def test_a_flat_profile_is_told_with_its_figures() -> None:
    found = too_flat(profile((10, 50), (11, 50), (9, 50), (12, 50)))
    assert found is not None
    assert found.startswith(
        "the profile is flat: failure rates of 4 skills do not differ beyond chance from the 0.21 of all "
        "(chi-square 0.6, p = 0."
    )


def test_overlap_is_one_less_the_total_variation() -> None:
    assert overlap({A: 3, B: 1}, {A: 1, B: 1}) == pytest.approx(0.75)
    assert overlap({A: 3}, {B: 1}) == 0
    assert overlap({A: 3}, {}) is None


@pytest.mark.parametrize(
    ("of_set", "fires"),
    [
        ({A: 1, B: 9}, True),  # 0.3, the pool 0.4
        ({A: 5, B: 5}, False),  # nearer to the profile than the pool
        ({A: 9, B: 1}, False),  # fits
        ({A: 2, B: 8}, True),  # no nearer than the pool: 0.4
        ({}, False),
    ],
)
def test_a_set_is_held_against_what_the_pool_would_give(
    of_set: dict[tuple[str, str], int], fires: bool
) -> None:
    found = set_misses_profile({A: 8, B: 2}, of_set, {A: 1, B: 1, C: 3})
    assert (found is not None) == fires


def test_a_set_that_fits_well_is_fine_whatever_the_pool() -> None:
    for of_set in ({A: 7, B: 3}, {A: 6, B: 4}):  # overlaps of 0.9 and 0.8
        assert set_misses_profile({A: 8, B: 2}, of_set, {A: 8, B: 2}) is None


@pytest.mark.parametrize(
    ("whole", "difficult", "fires"),
    [
        (by(0.05, 0.02, 0.08), by(0.0, -0.03, 0.03), True),
        (by(0.05, 0.02, 0.08), by(-0.06, -0.1, -0.02), True),  # a loss there
        (by(0.05, 0.02, 0.08), by(0.0, -0.07, 0.07), False),  # too few difficult ones to say
        (by(0.05, 0.02, 0.08), by(0.04, 0.01, 0.07), False),  # shared
        (by(0.05, 0.02, 0.08), by(0.02, 0.0, 0.04), True),  # an interval that ends in 0 includes it
        (by(0.05, 0.0, 0.1), by(0.0, -0.03, 0.03), False),
        (by(0.05, -0.01, 0.11), by(0.0, -0.03, 0.03), False),  # no gain to speak of
        (by(0.05, 0.02, 0.08), by(float("nan"), -1, 1, 0), False),  # no difficult part
    ],
)
def test_a_gain_must_be_shared_by_the_difficult_part(
    whole: Difference, difficult: Difference, fires: bool
) -> None:
    assert (gains_on_easy_only(whole, difficult) is not None) == fires


def test_forgetting_is_told_with_the_skills_that_were_lost() -> None:
    gain, none = by(0.1, 0.05, 0.15), by(-0.01, -0.03, 0.01)
    assert forgets(gain, none, {B: by(-0.1, -0.18, -0.02), C: by(-0.3, -0.4, -0.2)}, 7) == (
        "gains +0.100 (+0.050 to +0.150) on the profile's skills and loses on 2 of 7 others "
        "(Holm's correction): angles -0.300 (-0.400 to -0.200); area -0.100 (-0.180 to -0.020)"
    )
    assert forgets(gain, none, {}, 7) is None
    assert forgets(gain, by(-0.01, -0.02, 0.0), {}, 7) is None  # an interval that ends in 0 includes it
    lost = by(-0.3, -0.4, -0.2)
    assert forgets(by(0.1, 0.0, 0.2), none, {C: lost}, 7) is None
    four = {(C[0], f"s{at}"): lost for at in range(4)}
    assert (forgets(gain, none, four, 7) or "").endswith("s2 -0.300 (-0.400 to -0.200) and 1 more")
    three = dict(list(four.items())[:3])
    assert (forgets(gain, none, three, 7) or "").endswith("s2 -0.300 (-0.400 to -0.200)")
    assert forgets(by(0.1, -0.05, 0.2), none, {C: by(-0.3, -0.4, -0.2)}, 7) is None


def test_a_little_forgotten_on_many_skills_is_told_of_them_together() -> None:
    little = by(-0.018, -0.027, -0.009, 1100)
    assert forgets(by(0.1, 0.05, 0.15), little, {}, 36) == (
        "gains +0.100 (+0.050 to +0.150) on the profile's skills and loses 0.018 (0.009 to 0.027) on the "
        "1,100 other questions"
    )
    assert forgets(by(0.1, -0.05, 0.2), little, {}, 36) is None


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        (
            (30, 100, 20, 1000, 0),
            "30 of 100 new questions share 50% or more of their wording with one of them, of the pool questions "
            "they were written from 20 of 1,000: +0.280 (+0.198 to +0.376)",
        ),
        ((2, 100, 20, 1000, 0), None),  # as near as those
        ((3, 4, 500, 1000, 0), None),  # too few to say
        ((1, 100, 20, 1000, 1), "1 of 100 questions share 80% or more"),  # a copy is one too many
        ((0, 0, 0, 0, 0), None),
    ],
)
def test_new_questions_may_be_as_near_as_what_they_were_written_from(
    counts: tuple[int, int, int, int, int], says: str | None
) -> None:
    found = too_near(*counts, threshold=0.8)
    assert (found is None) == (says is None)
    assert says is None or says in str(found)
