"""Variants that need work of their own: rounds, reinforcement, and settings found from a run's responses.

In a study of rounds every arm continues from itself: its trained student is the next round's (figure 3)."""

from collections.abc import Sequence
from functools import partial

from stat_engine.api import Run, Workspace
from stat_engine.errors import StatError, shown
from stat_engine.method import computed
from stat_engine.orders import GrpoOrder
from stat_engine.studies.design import Design, Variant
from stat_engine.studies.work import forked


def matched_length(workspace: Workspace, run: Run, name: str, settings: list[str]) -> Run:
    """A run whose length filter flags as many questions as the reward filter does on the same responses.

    The bound is the smallest mean number of words of those many longest questions; ties are flagged too."""
    made = forked(workspace, run, name, settings)
    made.run(last="step_rewards")
    by_reward = made.difficulty_config({"filter": "prm"})
    n = int(computed.difficulty(made.folder, by_reward).questions.is_difficult.sum())
    words = computed.scored_responses(made.folder).groupby("question_id", observed=True).n_words.mean()
    bound = float(words.sort_values(ascending=False).iloc[max(0, n - 1)])
    made.configure([f"difficulty.max_words={bound!r}"])
    return made


WAYS = {"grpo": "nothing", "skill-grpo": "reward", "skill-grpo-sampling": "sampling"}
"""Ending of an arm's name -> what the profile weighs."""


def endings(starts: Sequence[str]) -> tuple[str, ...]:
    """The names of the arms that come of these starts."""
    return tuple(f"{start}-{ending}" for start in starts for ending in WAYS)


def reinforced(run: Run, starts: Sequence[str]) -> None:
    """Train an arm a start and way, with every seed, and evaluate them."""
    for start in starts:
        for ending, weighs in WAYS.items():
            settings = (f"grpo.profile_weighs={weighs}",)
            order = GrpoOrder(
                run=run.name,
                start=start,
                seeds=tuple(run.config.seeds),
                arm=f"{start}-{ending}",
                settings=settings,
                evaluate=True,
            )
            run.reinforce_arms(order)


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
