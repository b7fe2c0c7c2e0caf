import pytest

from stat_engine.config import Price
from stat_engine.models.paid_calls.account import Budget, BudgetReached, cost_of, in_words, total

PRICE = Price(input=1.0, output=10.0)


def test_cost_is_tokens_times_price_a_million() -> None:
    assert cost_of(PRICE, 1_000_000, 100_000) == 2.0
    assert cost_of(PRICE, None, None) == 0.0
    assert (cost_of(PRICE, 1_000_000, None), cost_of(PRICE, None, 100_000)) == (1.0, 1.0)
    assert cost_of(None, 1000, 1000) is None


def test_a_budget_is_never_exceeded_even_when_every_call_is_as_long_as_it_may_be() -> None:
    budget = Budget(PRICE, 0.01, 0.0, "raise it")
    bound = (1000, 200)  # 0.003 USD each
    assert [budget.reserve(*bound, in_flight=at) for at in range(4)] == [True, True, True, False]
    budget.settle(bound, bound)
    assert budget.spent == pytest.approx(0.003)
    assert budget.reserve(*bound, in_flight=2) is False
    budget.settle(bound, (0, 0))  # failed: nothing was paid, its room is free again
    assert budget.reserve(*bound, in_flight=1) is True
    budget.settle(bound, bound)
    budget.settle(bound, bound)
    with pytest.raises(BudgetReached) as error:
        budget.reserve(*bound, in_flight=0)
    assert str(error.value) == (
        "the budget of $0.01 is reached: $0.0090 is spent and the next call may cost $0.0030; every answer is "
        "kept, raise it to go on: raise it"
    )


def test_what_other_runs_of_the_work_spent_counts() -> None:
    with pytest.raises(BudgetReached):
        Budget(PRICE, 1.0, 0.999, "").reserve(1000, 100, in_flight=0)


def test_without_a_price_or_a_budget_nothing_is_held_up() -> None:
    assert Budget(None, 0.01, 0.0, "").reserve(10**9, 10**9, in_flight=0)
    assert Budget(PRICE, None, 10.0, "").reserve(10**9, 10**9, in_flight=0)


def test_sums_read_as_people_write_them() -> None:
    assert in_words(1, 1500, None) == "1 call, 1,500 tokens"
    assert in_words(2048, 10, 0.12345) == "2,048 calls, 10 tokens, $0.1235"
    assert in_words(3, 10, 12.5) == "3 calls, 10 tokens, $12.50"
    assert in_words(0, 0, 1.0) == "0 calls, 0 tokens, $1.00"


def test_a_call_that_just_fits_may_start_and_unknown_costs_add_nothing() -> None:
    budget = Budget(Price(input=250_000.0, output=0.0), 0.5, 0.0, "")
    assert [budget.reserve(1, 0, in_flight=1) for _ in range(3)] == [True, True, False]
    assert total([0.25, None, 0.5]) == 0.75 and total([]) == 0
