import pytest

from stat_engine.errors import StatError
from stat_engine.method.split import split

IDS = [f"q{i}" for i in range(10)]


def test_a_split_is_a_partition_that_its_seed_fixes() -> None:
    validation, test = split(IDS, 3, seed=0)
    assert (len(validation), sorted(validation + test)) == (3, sorted(IDS))
    assert (validation, test) == split(IDS[::-1], 3, seed=0)
    assert validation != split(IDS, 3, seed=1)[0]


@pytest.mark.parametrize("n", [0, 10, 11, -1])
def test_a_split_that_leaves_a_part_empty_is_refused(n: int) -> None:
    with pytest.raises(StatError, match=f"--validation: found {n}, expected 1 to 9 of the 10 questions"):
        split(IDS, n, seed=0)
