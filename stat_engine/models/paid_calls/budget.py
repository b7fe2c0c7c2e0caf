"""Prices by model and the budget, which no call exceeds."""

import math
from collections.abc import Iterable
from threading import Lock

from stat_engine.config import Price
from stat_engine.errors import StatError


class BudgetReached(StatError):
    """The next call might break the budget; all that was paid for is kept."""


def cost_of(price: Price | None, input_tokens: int | None, output_tokens: int | None) -> float | None:
    """USD of one call; None where the price is not known. Uncounted tokens count as none."""
    if price is None:
        return None
    return ((input_tokens or 0) * price.input + (output_tokens or 0) * price.output) / 1e6


class Budget:
    """A run's budget: a call starts only if it cannot break it even at its longest.

    What calls in flight may cost at most is set aside until they are settled, so the cap holds at
    any width; a call that does not fit beside them waits, and only one that does not fit alone ends
    the work."""

    def __init__(self, price: Price | None, budget: float | None, spent: float, way_out: str) -> None:
        self.spent = spent
        self._price = price
        self._budget = math.inf if budget is None else budget
        self._set_aside = 0.0
        self._way_out = way_out
        self._lock = Lock()

    def reserve(self, input_tokens: int, output_tokens: int, in_flight: int) -> bool:
        """Whether a call of at most so many tokens may start now; False while others may free room.

        Raises BudgetReached where nothing is in flight and it would break the budget."""
        bound = cost_of(self._price, input_tokens, output_tokens) or 0.0
        with self._lock:
            if self.spent + self._set_aside + bound <= self._budget:
                self._set_aside += bound
                return True
            if in_flight:
                return False
        raise BudgetReached(
            f"the budget of ${self._budget:g} is reached: ${self.spent:.4f} is spent and the next call may "
            f"cost ${bound:.4f}; every answer is kept, raise it to go on: {self._way_out}"
        )

    def settle(self, reserved: tuple[int, int], spent: tuple[int, int]) -> None:
        """A call that was reserved for has ended and took `spent` (input, output) tokens."""
        with self._lock:
            self._set_aside -= cost_of(self._price, *reserved) or 0.0
            self.spent += cost_of(self._price, *spent) or 0.0


def in_words(calls: int, tokens: int, cost: float | None) -> str:
    """Calls, tokens and USD as people read them."""
    money = "" if cost is None else f", ${cost:,.4f}" if cost < 1 else f", ${cost:,.2f}"
    return f"{calls:,} call{'s' if calls != 1 else ''}, {tokens:,} tokens{money}"


def total(costs: Iterable[float | None]) -> float:
    """Sum of the known ones."""
    return sum(cost for cost in costs if cost is not None)
