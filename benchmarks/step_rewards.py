"""Scoring the steps of a response: one forward pass against re-encoding it after every step.

Baseline: a forward pass a step over the response so far, in batches as large as ours, as public code for
generative +/- reward models computes it. Both use the embedded reward model. Taking turns, best of
three each; the rewards must agree to 1e-4."""

import time
from collections.abc import Callable

import numpy as np

from stat_engine.models.plus_minus_reward_model import PlusMinusRewardModel
from stat_engine.numeracy.generate import generate

N_RESPONSES, N_STEPS, BATCH = 100, 8, 100
MODEL = "data/numeracy/reward_model"


def items() -> list[tuple[str, list[str]]]:
    """Gold solutions, their steps repeated until each response has as many as asked for."""
    problems = generate(N_RESPONSES, 0, "uniform")
    return [(p.problem, ([step.text for step in p.reference] * N_STEPS)[:N_STEPS]) for p in problems]


def timed(work: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    """Print both times and the ratio."""
    reward_model, responses = PlusMinusRewardModel(MODEL), items()

    def one_pass() -> list[list[float]]:
        return reward_model.score(responses)

    def re_encoded() -> list[list[float]]:
        so_far = [
            reward_model.score([(problem, steps[: n + 1]) for problem, steps in responses])
            for n in range(N_STEPS)
        ]
        return [[so_far[n][at][n] for n in range(N_STEPS)] for at in range(len(responses))]

    assert np.allclose(one_pass(), re_encoded(), atol=1e-4)
    rounds = [(timed(re_encoded), timed(one_pass)) for _ in range(3)]
    slow, fast = np.array(rounds).min(axis=0)
    print(
        f"{N_RESPONSES} responses of {N_STEPS} steps: re-encoding {slow:.3f} s, one pass {fast:.3f} s, "
        f"ratio {slow / fast:.2f}"
    )


if __name__ == "__main__":
    main()
