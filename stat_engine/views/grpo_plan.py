"""What a GRPO order will do before it does it: questions, answers, steps, and the time by what was
measured."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from stat_engine import config as configuration
from stat_engine.config import REINFORCED, RunConfig
from stat_engine.errors import NotThereYet, StatError, shown
from stat_engine.stages.sft_metrics import PACE, read_metrics
from stat_engine.store.files import read_json, safe_name
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import training


@dataclass(frozen=True)
class GrpoOrder:
    """An arm that goes on learning, from rewards, under a name of its own."""

    start: str = "base"
    """The arm that it goes on from, seed by seed; `base`: the student itself."""
    seeds: tuple[int, ...] = (0,)
    arm: str | None = None
    """The new arm's name; null: the start's with the method behind it, as in stat-sel-grpo."""
    settings: tuple[str, ...] = ()
    """`grpo.KEY=VALUE` in place of the run's own."""

    def name(self, run: RunFolder) -> str:
        """The new arm's name."""
        return safe_name(self.arm or f"{self.start}-{self.config(run).grpo.method}", "arm")

    def arguments(self, run: str, evaluate: bool = False) -> list[str]:
        """The order as the arguments of `stat-studio`, for a job."""
        seeds = [word for seed in self.seeds for word in ("--seed", str(seed))]
        named = ["--arm", self.arm] if self.arm else []
        return [
            "grpo", run, "--start", self.start, *named, *seeds, *(["--evaluate"] if evaluate else []),
            *self.settings,
        ]  # fmt: skip

    def config(self, run: RunFolder) -> RunConfig:
        """The run's configuration under the order's settings; raises StatError for others than of grpo."""
        for setting in self.settings:
            if not setting.startswith("grpo."):
                raise StatError(
                    f"setting {shown(setting)}: expected one of GRPO, as in grpo.epochs=2; others are "
                    f"changed with: stat-studio run {run.name} KEY=VALUE"
                )
        tree = configuration.override(run.config.model_dump(), list(self.settings))
        return configuration.validate(tree, f"run {run.name}")


def plan(run: RunFolder, order: GrpoOrder) -> dict[str, Any]:
    """`trainings`, one a seed, `method`, `settings`; the sums `n_to_do`, `n_steps`, `n_answers`, `seconds`.

    A training: arm, start, seed, n_questions (drawn for an epoch), n_answers (written and graded in all),
    steps, seconds (None: not measured yet), state (to do, begun, done). Where all of the pool is trained on,
    its questions are counted before near-copies of evaluation questions are left out, so at most. Raises
    StatError for what would be refused."""
    config = order.config(run)
    grpo, arm = config.grpo, order.name(run)
    _refuse(run, order, config, arm)
    n = _questions(run, config)
    n_answers = grpo.n_batches(n) * grpo.questions_a_batch * grpo.rollouts
    speed = _seconds_an_answer(run)
    steps, seconds = grpo.n_steps(n), None if speed is None else speed * n_answers
    row = {
        "arm": arm,
        "start": order.start,
        "n_questions": n,
        "n_answers": n_answers,
        "steps": steps,
    }
    rows = [
        {**row, "seed": seed, "seconds": seconds, "state": _state(run, order, config, arm, seed)}
        for seed in dict.fromkeys(order.seeds)
    ]
    n_to_do = sum(one["state"] != "done" for one in rows)
    return {
        "run": run.name, "method": grpo.method, "settings": grpo.model_dump(), "trainings": rows,
        "n_to_do": n_to_do, "n_steps": n_to_do * steps, "n_answers": n_to_do * n_answers,
        "seconds": 0.0 if not n_to_do else None if seconds is None else n_to_do * seconds,
    }  # fmt: skip


def _refuse(run: RunFolder, order: GrpoOrder, config: RunConfig, arm: str) -> None:
    if config.student.backend not in ("transformers", "vllm"):
        raise StatError(
            f"run {run.name}: its student is {config.student.backend} and cannot be trained here; name its "
            "checkpoint: student.backend=transformers student.model=PATH"
        )
    if arm in ("base", order.start) or arm in config.arms:
        raise StatError(
            f"arm {arm} is the student itself, the start, or one that run {run.name} trains on a set; choose "
            "another --arm name"
        )
    for seed in order.seeds if order.start != "base" else ():
        if seed not in run.trained_seeds(order.start):
            trained = ", ".join(run.trained_arms()) or "none yet"
            raise NotThereYet(
                f"run {run.name} has no arm {order.start} with seed {seed} to start from (trained: {trained})"
                f"; train it first: stat-studio train {run.name} --set SET --arm {order.start} --seed {seed}"
            )
    if config.grpo.profile_weighs != "nothing":
        run.own_label_table()


def _questions(run: RunFolder, config: RunConfig) -> int:
    there = sum(question.answer is not None for question in run.pool_dataset.need_split("train"))
    n = min(config.grpo.questions or there, there)
    if n < config.grpo.questions_a_batch:
        raise StatError(
            f"{n:,} pool questions with answers make no whole batch of grpo.questions_a_batch="
            f"{config.grpo.questions_a_batch}; lower it, and grpo.mini_batch with it"
        )
    return n


def _state(run: RunFolder, order: GrpoOrder, config: RunConfig, arm: str, seed: int) -> str:
    asked = {"start": order.start, "settings": config.grpo.decides_an_arm(order.start, config.sft)}
    for other in run.trained_seeds(arm):
        card = read_json(run.arm_folder(arm, other) / "manifest.json") or {}
        if any(card.get(key) != value for key, value in asked.items()):
            raise StatError(
                f"arm {arm} of run {run.name} was trained from another start or with other settings; its "
                "seeds are repetitions, so train this under another name: --arm NAME"
            )
    if seed in run.trained_seeds(arm):
        return "done"
    begun = read_json(run.arm_folder(arm, seed) / "plan.json") or {}
    is_same = all(begun.get(key) == value for key, value in asked.items())
    return "begun" if is_same and len(training.curve(run, arm, seed)) else "to do"


def _seconds_an_answer(run: RunFolder) -> float | None:
    """Median seconds that an answer with its grade and its part of an update took; None: no measure."""
    found = []
    for arm in run.trained_arms():
        for seed in run.trained_seeds(arm):
            card = read_json(run.arm_folder(arm, seed) / "manifest.json") or {}
            pace = read_metrics(run.arm_folder(arm, seed) / PACE)
            if card.get("method") in REINFORCED and pace:
                found.append(pace[-1]["seconds"] / card["n_answers"])
    return median(found) if found else None
