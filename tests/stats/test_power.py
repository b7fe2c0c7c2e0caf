"""What a comparison can see, against its own inverse, simulation and statsmodels."""

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from stat_engine.stats import chance_discordance, mcnemar, minimum_effect, power_of


@pytest.mark.parametrize("n", [60, 400, 5000])
@pytest.mark.parametrize("discordance", [0.06, 0.3])
def test_the_smallest_effect_has_just_the_power_asked_for(n: int, discordance: float) -> None:
    for power, level in ((0.8, 0.05), (0.9, 0.01)):
        effect = minimum_effect(n, discordance, power, level)
        if effect is not None:
            assert power_of(n, discordance, effect, level) == pytest.approx(power, abs=1e-9)
    assert minimum_effect(5000, 0.3) is not None


def test_it_equals_statsmodels_where_the_effect_is_small() -> None:
    n, discordance = 20_000, 0.2
    # a mean difference of standard deviation sqrt(discordance), tested against zero
    standardised = NormalIndPower().solve_power(nobs1=n, alpha=0.05, power=0.8, ratio=0)
    assert minimum_effect(n, discordance) == pytest.approx(standardised * np.sqrt(discordance), rel=1e-3)


def test_the_exact_test_sees_about_as_much_as_was_foreseen() -> None:
    n, discordance = 400, 0.2
    effect = minimum_effect(n, discordance)
    assert effect is not None
    rng, better = np.random.default_rng(0), (discordance + effect) / 2
    moves = rng.choice([1.0, -1.0, 0.0], (1500, n), p=[better, discordance - better, 1 - discordance])
    seen = np.mean([mcnemar(row, np.zeros(n)) <= 0.05 for row in moves])
    assert 0.74 <= seen <= 0.83


def test_four_hundred_questions_of_which_six_in_a_hundred_move_show_3_4_points() -> None:
    effect = minimum_effect(400, 0.06)
    assert effect is not None and round(100 * effect, 1) == 3.4


def test_what_no_difference_could_show_is_said() -> None:
    assert minimum_effect(3, 0.5) is minimum_effect(100, 0.0) is minimum_effect(0, 0.2) is None
    assert minimum_effect(20, 0.05) is None  # one question of twenty


def test_arms_that_answer_independently_differ_most() -> None:
    assert chance_discordance(0.5) == 0.5
    assert chance_discordance(0.9, 0.4) == pytest.approx(0.9 * 0.6 + 0.4 * 0.1)
