"""The bootstrap over questions and seeds, against scipy's over questions and the spread that was put in."""

import numpy as np
import pytest
from scipy.stats import bootstrap, norm

from stat_engine.stats import bonett_price, paired_bootstrap


def test_with_one_seed_it_is_scipys_paired_percentile_bootstrap() -> None:
    rng = np.random.default_rng(0)
    theirs = (rng.random(300) < 0.5).astype(float)
    ours = np.where(rng.random(300) < 0.2, 1 - theirs, theirs)
    scipys = bootstrap(
        (ours, theirs), lambda a, b, axis: a.mean(axis) - b.mean(axis), paired=True, vectorized=True,
        method="percentile", n_resamples=20_000, rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    found = paired_bootstrap(ours, theirs, replicates=20_000)
    assert found == pytest.approx((scipys.low, scipys.high), abs=0.004)
    low, high = bonett_price((ours - theirs).sum(), np.square(ours - theirs).sum(), 300)
    assert found == pytest.approx((float(low), float(high)), abs=0.01)


def test_seeds_that_differ_widen_it() -> None:
    rng = np.random.default_rng(2)
    chances = np.clip(0.5 + rng.normal(0, 0.08, 12), 0, 1)  # of each seed
    ours = (rng.random((12, 2000)) < chances[:, None]).astype(float)
    theirs = (rng.random((1, 2000)) < 0.5).astype(float)
    low, high = paired_bootstrap(ours, theirs)
    alone_low, alone_high = paired_bootstrap(ours.mean(axis=0), theirs)
    over_seeds = ours.mean(axis=1).std() / np.sqrt(12)
    over_questions = (ours.mean(axis=0) - theirs[0]).std() / np.sqrt(2000)
    spread = np.hypot(over_seeds, over_questions) * 2 * norm.ppf(0.975)
    assert high - low == pytest.approx(spread, rel=0.06)
    assert high - low > 1.3 * (alone_high - alone_low)


def test_it_draws_as_many_replicates_as_asked() -> None:
    low, high = paired_bootstrap([1.0, 0.0, 1.0], [0.0, 0.0, 1.0], replicates=1)
    assert low == high and low in (0.0, 1 / 3, 2 / 3, 1.0)


def test_the_same_draws_come_again_and_no_questions_say_nothing() -> None:
    ours, theirs = [[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]], [0.0, 0.0, 1.0]
    assert paired_bootstrap(ours, theirs) == paired_bootstrap(ours, theirs)
    assert paired_bootstrap(ours, theirs, seed=1, replicates=50) != paired_bootstrap(
        ours, theirs, replicates=50
    )
    assert paired_bootstrap(np.empty((2, 0)), np.empty((1, 0))) == (-1.0, 1.0)


def test_equal_arms_have_no_difference_in_any_draw() -> None:
    assert paired_bootstrap([1.0, 0.0, 1.0], [1.0, 0.0, 1.0]) == (0.0, 0.0)
