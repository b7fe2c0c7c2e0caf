"""Prices by model, the budget that is never exceeded, and the cost of teacher calls."""

import math
from collections.abc import Iterable, Sequence
from threading import Lock
from types import TracebackType
from typing import Self

from stat_engine.config import Price
from stat_engine.errors import StatError
from stat_engine.records import TeacherCall
from stat_engine.store.paid_answers import REFUSED, TeacherCalls


class BudgetReached(StatError):
    """The next call might break the budget; all that was paid for is kept."""


def cost_of(price: Price | None, input_tokens: int | None, output_tokens: int | None) -> float | None:
    """USD of one call; None where the price is not known. Uncounted tokens count as none."""
    if price is None:
        return None
    return ((input_tokens or 0) * price.input + (output_tokens or 0) * price.output) / 1e6


class Purse:
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


HOPELESS = 5
"""So many calls, all refused, and the fault is not in one prompt."""


class Bill:
    """Counts the answers of one round; what the purse paid beyond them is written down when it ends.

    Attempts that brought nothing that can be used (an empty answer, a cut connection) may be charged
    all the same, and a budget that forgot them with the process would not hold."""

    def __init__(
        self, purse: Purse, calls: TeacherCalls, endpoint: str, task: str, run: str | None, model: str | None
    ) -> None:
        self.n_calls = self.n_tokens = 0
        self._purse, self._calls, self._before = purse, calls, purse.spent
        self._endpoint, self._task, self._run, self._model = endpoint, task, run, model
        self._accounted = 0.0
        self._refusals: list[str] = []

    @property
    def spent(self) -> float:
        """USD that the round has cost so far."""
        return self._purse.spent - self._before

    def add(self, calls: Sequence[TeacherCall]) -> None:
        """Count answers that are on disk."""
        for call in calls:
            self.n_calls += 1
            self.n_tokens += (call.input_tokens or 0) + (call.output_tokens or 0)
            self._accounted += call.cost or 0.0
            if (call.finish_reason or "").startswith(REFUSED):
                self._refusals.append(call.finish_reason or "")

    def end_if_all_refused(self) -> None:
        """Raise StatError where the server refused every prompt: the fault is in none of them alone."""
        if len(self._refusals) == self.n_calls >= HOPELESS:
            reason = self._refusals[-1].removeprefix(REFUSED).strip()
            raise StatError(f"all {self.n_calls:,} prompts were refused, the last because: {reason}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        lost = self.spent - self._accounted
        if lost > 1e-9:
            self._calls.record(
                TeacherCall(
                    key="", endpoint=self._endpoint, task=self._task, prompt="", answer="", run=self._run,
                    model=self._model, cost=lost, finish_reason="paid for no usable answer",
                )
            )  # fmt: skip
