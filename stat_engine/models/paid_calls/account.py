"""One endpoint's stored answers, its price, and the budget of the run that calls it.

A teacher, a student on a server and an embeddings endpoint are called through the same account: an answer
is stored before anything parses it, a stored answer is not paid for again, and failed calls count at their
cost.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Protocol, Self

from stat_engine.config import Price, RunConfig
from stat_engine.errors import StatError
from stat_engine.records import TeacherCall
from stat_engine.store.paid_answers import REFUSED, TeacherCalls
from stat_engine.store.workspace import WorkspaceFolder


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

    def reserve(self, input_tokens: int, output_tokens: int, in_flight: int, share: float = 1.0) -> bool:
        """Whether a call of at most so many tokens may start now; False while others may free room.

        Raises BudgetReached where nothing is in flight and it would break the budget."""
        bound = share * (cost_of(self._price, input_tokens, output_tokens) or 0.0)
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

    def settle(self, reserved: tuple[int, int], spent: tuple[int, int], share: float = 1.0) -> None:
        """A call that was reserved for has ended and took `spent` (input, output) tokens."""
        with self._lock:
            self._set_aside -= share * (cost_of(self._price, *reserved) or 0.0)
            self.spent += share * (cost_of(self._price, *spent) or 0.0)


def in_words(calls: int, tokens: int, cost: float | None) -> str:
    """Calls, tokens and USD as people read them."""
    money = "" if cost is None else f", ${cost:,.4f}" if cost < 1 else f", ${cost:,.2f}"
    return f"{calls:,} call{'s' if calls != 1 else ''}, {tokens:,} tokens{money}"


def total(costs: Iterable[float | None]) -> float:
    """Sum of the known ones."""
    return sum(cost for cost in costs if cost is not None)


HOPELESS = 5
"""So many calls of a task that has no answer yet, all refused, and the fault is not in one prompt."""
MANY_REFUSED = 64
"""So many refusals without an answer, and the remaining prompts are not sent."""


class Report(Protocol):
    """Is told how far the work is; the command line prints it, a notebook may not."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` items of a stage are on disk."""
        ...

    def say(self, stage: str, sentence: str) -> None:
        """Something the user should know about a stage's outcome."""
        ...


def tell_tokens(report: Report, stage: str, n_tokens: int) -> None:
    """Report tokens that a stage has written since the last time, where the report has a method `wrote`.

    While answers are made it is called about once a second, so it is also where a stop is noticed."""
    wrote = getattr(report, "wrote", None)
    if wrote is not None:
        wrote(stage, n_tokens)


class Answered(Protocol):
    """An answer as a model or a server gives it."""

    @property
    def text(self) -> str: ...
    @property
    def input_tokens(self) -> int | None: ...
    @property
    def output_tokens(self) -> int | None: ...
    @property
    def finish_reason(self) -> str | None: ...
    @property
    def share_of_price(self) -> float: ...


Asker = Callable[[list[int]], Iterator[Sequence[tuple[int, Answered]]]]
"""Indices that are to be asked -> batches of (place among these indices, answer)."""


@dataclass(frozen=True)
class Account:
    """What calls to one endpoint are stored in and paid from."""

    calls: TeacherCalls
    endpoint: str
    model: str | None
    """As the prices name it; null: the endpoint runs here and costs nothing."""
    price: Price | None
    """USD a million tokens; null: not configured."""
    budget: Budget
    run: str | None
    report: Report

    def answers(
        self, task: str, keys: Sequence[str], prompts: Sequence[str], ask: Asker, label: str = ""
    ) -> list[TeacherCall]:
        """The stored call of every key, in order; `ask` is called for those that are not stored yet.

        `prompts`: what is sent, as JSON; `label`: the stage that progress is reported under, none if empty.
        Raises StatError where the endpoint refused all prompts, and BudgetReached."""

        def asked(unknown: list[int]) -> Iterator[list[TeacherCall]]:
            is_first = len(unknown) == len(set(keys))
            with self.tally(task) as tally:
                for batch in ask(unknown):
                    made = [
                        self._call(task, keys[unknown[at]], prompts[unknown[at]], answer)
                        for at, answer in batch
                    ]
                    yield made
                    tally.add(made)
                    if is_first:
                        tally.end_if_all_refused(MANY_REFUSED)
                    stage = label or f"{task} by {self.endpoint}"
                    tell_tokens(self.report, stage, sum(call.output_tokens or 0 for call in made))
                    if made and label:
                        self.report.progress(label, tally.n_calls, len(unknown))
            if is_first:
                tally.end_if_all_refused(HOPELESS)
            if label:
                self.report.say(label, tally.in_words())

        return self.calls.kept(keys, asked)

    def tally(self, task: str) -> "Tally":
        """Counts the calls of one task while they are made."""
        return Tally(self, task)

    def _call(self, task: str, key: str, prompt: str, answer: Answered) -> TeacherCall:
        cost = cost_of(self.price, answer.input_tokens, answer.output_tokens)
        return TeacherCall(
            key=key,
            endpoint=self.endpoint,
            task=task,
            prompt=prompt,
            answer=answer.text,
            run=self.run,
            model=self.model,
            input_tokens=answer.input_tokens,
            output_tokens=answer.output_tokens,
            cost=None if cost is None else cost * answer.share_of_price,
            finish_reason=answer.finish_reason,
        )


class Tally:
    """Counts the answers of one task; what the budget lost beyond them is recorded when it ends.

    Attempts that brought nothing that can be used (an empty answer, a cut connection) may be charged
    all the same, and a budget that forgot them with the process would not hold."""

    def __init__(self, account: Account, task: str) -> None:
        self.n_calls = self.n_tokens = 0
        self._account, self._task, self._before = account, task, account.budget.spent
        self._accounted = 0.0
        self._refusals: list[str] = []

    @property
    def spent(self) -> float:
        """USD spent since the count began."""
        return self._account.budget.spent - self._before

    def add(self, calls: Sequence[TeacherCall]) -> None:
        """Count answers that are on disk."""
        for call in calls:
            self.n_calls += 1
            self.n_tokens += (call.input_tokens or 0) + (call.output_tokens or 0)
            self._accounted += call.cost or 0.0
            if (call.finish_reason or "").startswith(REFUSED):
                self._refusals.append(call.finish_reason or "")

    def end_if_all_refused(self, at_least: int) -> None:
        """Raise StatError if the server refused this many prompts and answered none of them."""
        if len(self._refusals) == self.n_calls >= at_least:
            reason = self._refusals[-1].removeprefix(REFUSED).strip()
            raise StatError(f"all {self.n_calls:,} prompts were refused, the last because: {reason}")

    def in_words(self) -> str:
        """Calls, tokens and USD so far."""
        return in_words(self.n_calls, self.n_tokens, self.spent if self._account.price else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        account, lost = self._account, self.spent - self._accounted
        if lost > 1e-9:
            account.calls.record(
                TeacherCall(
                    key="", endpoint=account.endpoint, task=self._task, prompt="", answer="",
                    run=account.run, model=account.model, cost=lost,
                    finish_reason="paid for no usable answer",
                )
            )  # fmt: skip


def open_account(
    workspace: WorkspaceFolder,
    config: RunConfig,
    endpoint: str,
    model: str | None,
    run: str | None,
    report: Report,
) -> Account:
    """The account of an endpoint on behalf of a run, or of no run, under its prices and its budget."""
    price = config.prices.get(model) if model else None
    raise_it = f"stat-studio run {run} budget=USD" if run else "set budget=USD"
    budget = Budget(price, config.budget, workspace.spent(run), raise_it)
    return Account(workspace.teacher_calls(endpoint), endpoint, model, price, budget, run, report)
