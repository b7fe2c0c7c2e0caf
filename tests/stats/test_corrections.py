"""Corrected p-values, against scipy, statsmodels, R and the first paper's example."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from stat_engine.stats import corrected

BENJAMINI_HOCHBERG_1995 = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
    0.7590, 1.0000,
]  # fmt: skip
"""The 15 p-values of the paper's own example: at 0.05 it finds four, Bonferroni and Holm three."""


def test_corrections_find_what_the_first_paper_finds() -> None:
    found = {
        name: int((corrected(BENJAMINI_HOCHBERG_1995, name) <= 0.05).sum())
        for name in ("none", "benjamini-hochberg", "holm")
    }
    assert found == {"none": 9, "benjamini-hochberg": 4, "holm": 3}


def test_holm_equals_the_example_of_rs_p_adjust() -> None:
    assert corrected([0.01, 0.02, 0.03, 0.04, 0.05], "holm") == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert corrected([0.03, 0.005, 0.04, 0.01], "holm") == pytest.approx([0.06, 0.02, 0.06, 0.03])
    assert corrected([0.9, 0.6], "holm") == pytest.approx([1.0, 1.0])


def test_benjamini_hochberg_is_scipys_and_no_values_stay_none() -> None:
    values = np.random.default_rng(1).random(50)
    assert corrected(values, "benjamini-hochberg").tolist() == false_discovery_control(values).tolist()
    assert [corrected([], name).tolist() for name in ("none", "benjamini-hochberg", "holm")] == [[], [], []]


@pytest.mark.parametrize(("ours", "theirs"), [("holm", "holm"), ("benjamini-hochberg", "fdr_bh")])
def test_corrections_equal_statsmodels_also_with_ties(ours: str, theirs: str) -> None:
    values = np.round(np.random.default_rng(3).random(40) ** 2, 2)
    assert corrected(values, ours) == pytest.approx(multipletests(values, method=theirs)[1])  # type: ignore[arg-type]
