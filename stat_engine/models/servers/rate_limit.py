"""How many requests and tokens a server lets one caller have a minute, kept by the caller itself."""

from collections import deque
from dataclasses import dataclass

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
