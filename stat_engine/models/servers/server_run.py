"""Many calls to one server at once, with retries, rate limits and the budget.

In: jobs in order. Out: (position, value) pairs in the order of arrival. A call occupies a slot only
during an attempt: one that waits for its retry or for a limit leaves its slot to another. The caller
itself keeps count of the requests and tokens that the server allows in a minute."""

import asyncio
import contextlib
import heapq
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from stat_engine.errors import StatError
from stat_engine.models.base import Meter
from stat_engine.models.servers.calls import Job, Tokens
from stat_engine.models.servers.faults import PATIENCE_S, Fault

MARGIN = 1.01
"""A request reaches the server later than it was counted here, the first ones (new connections) latest."""


@dataclass
class Taken:
    """One request that counts."""

    at: float
    """Seconds on the caller's clock."""
    tokens: int
    """Its bound until it is answered, then what it took."""


class RateLimit:
    """A sliding window: in no minute more than so many requests and tokens; None: as many as one likes.

    A request that is larger than a whole minute's tokens may go once nothing else counts."""

    def __init__(self, requests: int | None, tokens: int | None, window_s: float = 60.0) -> None:
        self._requests, self._tokens = requests, tokens
        self._window_s = window_s * MARGIN
        self._taken: deque[Taken] = deque()

    def wait_s(self, tokens: int, now: float) -> float:
        """Seconds until a request of at most so many tokens may start; 0: now."""
        if self._requests is None and self._tokens is None:
            return 0.0
        while self._taken and self._taken[0].at + self._window_s <= now:
            self._taken.popleft()
        free_at = max(self._requests_free(), self._tokens_free(tokens), now)
        return free_at - now

    def take(self, tokens: int, now: float) -> Taken:
        """Count a request; set its tokens once it is known what it took."""
        taken = Taken(now, tokens)
        if self._requests is not None or self._tokens is not None:
            self._taken.append(taken)
        return taken

    def _requests_free(self) -> float:
        if self._requests is None or len(self._taken) < self._requests:
            return 0.0
        return self._taken[-self._requests].at + self._window_s

    def _tokens_free(self, tokens: int) -> float:
        if self._tokens is None:
            return 0.0
        over = min(tokens, self._tokens) + sum(taken.tokens for taken in self._taken) - self._tokens
        free_at = 0.0
        for taken in self._taken:
            if over <= 0:
                break
            over -= taken.tokens
            free_at = taken.at + self._window_s
        return free_at


Value = TypeVar("Value")
MOST_WAITING = 1000
"""Calls that wait for a retry before no new one is begun: a server that is down is not asked everything."""
RAMP_S = 0.003
"""Between the first calls of a run: answers that all come at once would wait for one another."""
HOPELESS = 16
"""So many calls in a row, or the width where that is more, fail for good: the server is not coming back."""


@dataclass(frozen=True)
class Manner:
    """How a server is asked."""

    width: int
    retries: int
    backoff_s: tuple[float, float]
    """First and longest wait between two attempts."""

    def wait_s(self, n_failed: int, fault: Fault) -> float:
        """Seconds until the next attempt, spread so that calls that failed together come back apart."""
        if fault.wait_s is not None:
            return fault.wait_s * random.uniform(1.0, 1.1)
        first, longest = self.backoff_s
        return min(longest, first * 2.0 ** min(n_failed - 1, 30)) * random.uniform(0.5, 1.0)


@dataclass(order=True)
class _Try(Generic[Value]):
    due: float
    """Loop seconds at which it may start."""
    at: int
    job: Job[Value]
    n_failed: int = 0
    taken: Taken = field(default_factory=lambda: Taken(0.0, 0))
    """Its latest attempt in the rate limit's books."""


class ServerRun(Generic[Value]):
    """One run over a list of jobs; used once, inside one event loop."""

    def __init__(
        self,
        jobs: Iterator[Job[Value]],
        n_jobs: int,
        send: Callable[[Job[Value]], Awaitable[tuple[Value, Tokens | None] | Fault]],
        hand_over: Callable[[tuple[int, Value]], None],
        manner: Manner,
        limit: RateLimit,
        meter: Meter | None,
    ) -> None:
        self._fresh, self._n_jobs = enumerate(jobs), n_jobs
        self._send, self._hand_over = send, hand_over
        self._manner, self._limit, self._meter = manner, limit, meter
        self._retries: list[_Try[Value]] = []
        self._head: _Try[Value] | None = None
        self._places: set[asyncio.Task[None]] = set()
        self._n_in_flight = 0
        self._changed = asyncio.Event()
        self._ending: BaseException | None = None
        self._n_failed = self._n_failed_in_a_row = 0
        self._last_reason = ""

    async def run(self) -> None:
        """Ask everything. Raises StatError at the end where an answer is missing."""
        self._now = asyncio.get_running_loop().time
        self._began, self._n_started = self._now(), 0
        try:
            while (wait_s := self._fill()) is not None or self._n_in_flight:
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._changed.wait()
        finally:
            for place in self._places:
                place.cancel()
            await asyncio.gather(*self._places, return_exceptions=True)
        if self._ending or self._n_failed:
            raise self._ending or StatError(self._failures(""))

    def _fill(self) -> float | None:
        """Put calls on free places; seconds until more may start, None: only an answer can change that."""
        while self._n_in_flight < self._manner.width:
            ready = self._start()
            if not isinstance(ready, _Try):
                return ready
            place = asyncio.create_task(self._place(ready))
            self._places.add(place)
            place.add_done_callback(self._places.discard)
        return None

    def _start(self) -> _Try[Value] | float | None:
        """The next call, counted as in flight; else seconds until one may start, None: nobody knows."""
        if self._ending:
            return None
        self._head = self._head or self._next()
        if self._head is None:
            return self._retries[0].due - self._now() if self._retries else None
        if self._n_started < self._manner.width:
            early_s = self._began + self._n_started * RAMP_S - self._now()
            if early_s > 0:
                return early_s
        bound = self._head.job.bound
        if wait_s := self._limit.wait_s(sum(bound), self._now()):
            return wait_s
        if not self._may_spend(bound):
            return None
        started, self._head = self._head, None
        started.taken = self._limit.take(sum(bound), self._now())
        self._n_in_flight += 1
        self._n_started += 1
        return started

    def _next(self) -> _Try[Value] | None:
        """The retry that is due longest, else a fresh call."""
        if self._retries and self._retries[0].due <= self._now():
            return heapq.heappop(self._retries)
        if len(self._retries) >= MOST_WAITING:
            return None
        at, job = next(self._fresh, (0, None))
        return None if job is None else _Try(0.0, at, job)

    def _may_spend(self, bound: Tokens) -> bool:
        if self._meter is None:
            return True
        try:
            may = self._meter.reserve(*bound, self._n_in_flight)
            if not may and not self._n_in_flight:
                raise StatError("the budget has no room for a further call")
        except StatError as error:
            self._ending = error
            return False
        return may

    async def _place(self, ready: _Try[Value] | float | None) -> None:
        """One place: a call, and in the same breath the next, so that its connection does not lie idle."""
        try:
            while isinstance(ready, _Try):
                await self._attempt(ready)
                ready = self._start()
                if self._n_in_flight < self._manner.width:
                    self._changed.set()
        except Exception as error:  # a mistake of ours, or of the meter: it must surface, not hang the run
            self._ending = self._ending or error
        finally:
            self._changed.set()

    async def _attempt(self, attempt: _Try[Value]) -> None:
        bound = spent = attempt.job.bound
        try:
            outcome = await self._send(attempt.job)
            if isinstance(outcome, Fault):
                spent = (0, 0) if outcome.is_free else outcome.spent or bound
                self._failed(attempt, outcome)
            else:
                value, used = outcome
                spent = used or bound
                self._n_failed_in_a_row = 0
                self._hand_over((attempt.at, value))
        finally:
            # what a server does not say, or what a cut connection hides, counts as the most it can be
            attempt.taken.tokens = sum(spent)
            self._n_in_flight -= 1
            if self._meter is not None:
                self._meter.settle(bound, spent)

    def _failed(self, attempt: _Try[Value], fault: Fault) -> None:
        attempt.n_failed += 1
        self._last_reason = fault.reason
        is_refusal = fault.is_refusal or (fault.is_empty and attempt.n_failed > 1)
        if is_refusal and attempt.job.refused is not None:
            self._hand_over((attempt.at, attempt.job.refused(fault.reason)))
        elif fault.ends_run:
            self._ending = self._ending or StatError(fault.reason)
        elif attempt.n_failed <= self._manner.retries and (fault.wait_s or 0) <= PATIENCE_S:
            attempt.due = self._now() + self._manner.wait_s(attempt.n_failed, fault)
            heapq.heappush(self._retries, attempt)
        else:
            self._n_failed += 1
            self._n_failed_in_a_row += 1
            if self._n_failed_in_a_row >= max(HOPELESS, self._manner.width):
                addition = f", {self._n_failed_in_a_row} of them in a row, so no other was asked"
                self._ending = self._ending or StatError(self._failures(addition))

    def _failures(self, addition: str) -> str:
        calls = "call" if self._n_jobs == 1 else "calls"
        return (
            f"{self._n_failed} of {self._n_jobs} {calls} failed{addition}, the last because: "
            f"{self._last_reason}; start again to ask only for what is missing"
        )
