"""What this machine's device can do at most: bytes moved a second, and bfloat16 multiplications a second.

    python benchmarks/card.py

The yardstick for every figure on a GPU: decoding is bound by the first, training and scoring by the second. Median of
20, after 5 for warming up: a copy of 1 GiB counts as 2 GiB moved, a product of n x n matrices as 2 n^3 operations."""

import statistics
import time
from collections.abc import Callable

import torch

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
N = 8_192 if DEVICE == "cuda" else 1_024


def median_seconds(work: Callable[[], object]) -> float:
    """Seconds of one call, the device waited for."""
    taken = []
    for _ in range(25):
        begun = time.perf_counter()
        work()
        if DEVICE == "cuda":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken[5:])


def main() -> None:
    """Print both rates."""
    name = torch.cuda.get_device_name() if DEVICE == "cuda" else "CPU"
    source = torch.empty(2**30, dtype=torch.uint8, device=DEVICE)
    target = torch.empty_like(source)
    moved = 2 * 2**30 / median_seconds(lambda: target.copy_(source))
    matrix = torch.randn(N, N, dtype=torch.bfloat16, device=DEVICE)
    rate = 2 * N**3 / median_seconds(lambda: matrix @ matrix)
    print(f"{name}: {moved / 1e9:,.0f} GB/s moved, {rate / 1e12:,.2f} T bfloat16 operations/s")


if __name__ == "__main__":
    main()
