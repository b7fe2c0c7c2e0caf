"""How much of the test stands in the pool."""

from stat_engine.numeracy.dataset import measure_leakage
from stat_engine.numeracy.skills import WEAK_SKILLS


def test_few_weak_steps_of_the_test_stand_in_the_pool() -> None:
    rows = measure_leakage(seed=0)
    assert {(row.subject, row.skill) for row in rows} == WEAK_SKILLS
    assert max(row.share for row in rows) < 0.4
    assert min(row.n_test for row in rows) >= 60
