"""The grid of thresholds: each cell says what the rule says under that pair."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from stat_engine.config import Aggregate, DifficultyConfig
from stat_engine.config.method import Rule
from stat_engine.method.difficulty import BLOCK, STEPS, confusion_grid, find_difficult, summarise
from tests.factories import scores

CELLS = ["tp", "fp", "fn", "tn"]


def responses(n_questions: int, n_samples: int) -> pd.DataFrame:
    """Responses of 1 to 4 steps; rewards often just on a threshold, some unscored, some ungraded."""
    draw = np.random.default_rng(0)
    rows: list[dict[str, object]] = []
    for at, sample in product(range(n_questions), range(n_samples)):
        rewards = list(draw.choice([*STEPS, 0.333, 0.9999], size=draw.integers(1, 5)))
        rows.append(
            {
                "question_id": f"q{at:03d}",
                "sample": sample,
                "response_id": f"r{at}/{sample}",
                "step_rewards": None if draw.random() < 0.1 else rewards,
                "is_correct": None if draw.random() < 0.1 else bool(draw.random() < 0.5),
            }
        )
    return scores(*rows)


@pytest.mark.parametrize("rule", ["paper", "adaptmi"])
@pytest.mark.parametrize("aggregate", ["any", "half", "all", "best-mean"])
def test_every_cell_is_the_confusion_under_its_thresholds(rule: Rule, aggregate: Aggregate) -> None:
    config = DifficultyConfig(rule=rule, aggregate=aggregate)
    rows = responses(40, 5)
    grid = confusion_grid(find_difficult(rows, config), config)
    assert len(grid) == len(STEPS) ** 2
    for tau1, tau2 in product((0, 0.05, 0.7, 0.85, 1), (0, 0.6, 0.95, 1)):
        cell = grid[(grid.tau1 == tau1) & (grid.tau2 == tau2)][CELLS].iloc[0].to_dict()
        under = config.model_copy(update={"tau1": tau1, "tau2": tau2})
        assert cell == summarise(find_difficult(rows, under))["confusion"], (tau1, tau2)


def test_questions_beyond_one_block_are_counted() -> None:
    config = DifficultyConfig()
    rows = scores(*({"step_rewards": [0.5], "is_correct": at % 3 == 0} for at in range(BLOCK + 10)))
    grid = confusion_grid(find_difficult(rows, config), config)
    assert set(grid[CELLS].sum(axis=1)) == {BLOCK + 10}
    n_wrong = int((~rows.is_correct.astype(bool)).sum())
    assert grid[grid.tau1 == 0.5].tp.tolist() == [n_wrong] * len(STEPS)
    assert grid[(grid.tau1 == 0.45)].tp.tolist() == [0] * len(STEPS)  # one step: there is none before it
