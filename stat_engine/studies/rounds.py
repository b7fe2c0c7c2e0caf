"""Rounds as a study: every arm goes on from itself, its trained student the next round's (figure 3)."""

from functools import partial

from stat_engine.errors import StatError, shown
from stat_engine.notebook import Run, Workspace
from stat_engine.studies.design import Design, Variant

N_ROUNDS = 3


def variants(run: Run, design: Design) -> list[Variant]:
    """Round 1 trains all arms and seeds of one run; each later round is a run for every arm and seed."""
    arms = design.arms or ("random", "stat-sel", "stat-syn")
    n = _n_rounds(design)
    found = [Variant("1", 1, arms)]
    for number in range(2, n + 1):
        for arm in arms:
            for seed in design.seeds:
                found.append(
                    Variant(
                        f"{number}-{arm}-{seed}", number, (arm,), seeds=(seed,), has_base=False,
                        make=partial(_next, number=number, arm=arm, seed=seed),
                    )
                )  # fmt: skip
    return found


def _n_rounds(design: Design) -> int:
    if not design.values:
        return N_ROUNDS
    value = design.values[0]
    if not value.isdecimal() or int(value) < 2:
        raise StatError(f"--value {shown(value)}: expected a number of rounds, 2 or more")
    return int(value)


def _next(
    workspace: Workspace, run: Run, name: str, settings: list[str], number: int, arm: str, seed: int
) -> Run:
    """The run whose student is the arm of the round before, on the same validation questions."""
    if name in workspace.run_names():
        return workspace.run(name)
    stem = name.removesuffix(f"{number}-{arm}-{seed}")
    before = f"{stem}1" if number == 2 else f"{stem}{number - 1}-{arm}-{seed}"
    return workspace.run(before).round(arm, seed=seed, name=name, overrides=settings)
