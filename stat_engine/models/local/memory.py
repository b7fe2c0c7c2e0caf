"""A budget of tokens for each forward pass, halved when memory runs out and raised again later."""

import gc

_WORDS = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "Memory footprint",
)
"""What RuntimeErrors say when memory runs out: torch's CPU allocator on Linux and Windows,
CUDA's own, cuBLAS, transformers' paged cache."""
_GOOD_GROUPS = 4
"""Groups in a row that must go well before the budget grows by a quarter."""


class TokenBudget:
    """Tokens that may be held together, between one and the configured number."""

    def __init__(self, configured: int) -> None:
        self.tokens = configured
        self._configured = configured
        self._good = 0

    def ran_out(self, used: int) -> None:
        """Halve what was in use when memory ran out; a budget above that would fail the same way again."""
        self.tokens, self._good = max(1, min(self.tokens, used) // 2), 0

    def went_well(self) -> None:
        """Count a group that fitted; after a few in a row the budget grows by a quarter."""
        self._good += 1
        if self._good >= _GOOD_GROUPS:
            self.tokens, self._good = min(self._configured, self.tokens + self.tokens // 4 + 1), 0


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory, the accelerator's or the machine's, ran out."""
    import torch

    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)


def release() -> None:
    """Give back memory that nothing refers to any more, also the accelerator's own cache."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
