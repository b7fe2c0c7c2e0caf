import pytest
import torch

from stat_engine.models.local.loading import TokenBudget, is_out_of_memory


def test_a_budget_halves_what_was_in_use_and_never_reaches_nothing() -> None:
    budget = TokenBudget(1000)
    budget.ran_out(5000)
    assert budget.tokens == 500
    budget.ran_out(120)
    assert budget.tokens == 60
    for _ in range(10):
        budget.ran_out(1)
    assert budget.tokens == 1


def test_a_budget_grows_by_a_quarter_after_four_good_groups_as_far_as_configured() -> None:
    budget = TokenBudget(1000)
    budget.ran_out(1000)
    seen = []
    for _ in range(20):
        budget.went_well()
        seen.append(budget.tokens)
    assert seen[::4] == [500, 626, 783, 979, 1000]
    assert seen[3::4] == [626, 783, 979, 1000, 1000]


def test_running_out_starts_the_count_of_good_groups_anew() -> None:
    budget = TokenBudget(1000)
    budget.ran_out(1000)
    for _ in range(3):
        budget.went_well()
    budget.ran_out(500)
    budget.went_well()
    assert budget.tokens == 250


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."), True),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."), True),
        (MemoryError(), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("can't allocate memory"), False),
    ],
)
def test_only_errors_about_memory_count_as_such(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def test_the_cpu_allocator_says_what_is_expected_of_it() -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(raised.value)
