"""What a training order will do before it does it: arms, pairs, steps, and how long by what was measured.

What a GRPO order will do before it does it: questions, answers, steps, and the time by what was
measured.
"""

import math
from collections.abc import Sequence
from statistics import median
from typing import Any

from stat_engine import config as configuration
from stat_engine.config import METHOD_ALIASES, METHODS, REINFORCED, RunConfig, SftConfig
from stat_engine.errors import NotThereYet, StatError, shown
from stat_engine.method.sft.metrics import PACE, read_metrics
from stat_engine.orders import GrpoOrder, TrainOrder
from stat_engine.store.files import read_json, safe_name
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import training


def built(order: TrainOrder) -> TrainOrder:
    """The same order once its methods' sets are there."""
    names = [METHOD_ALIASES.get(method, method) for method in order.methods]
    return order.but(sets=tuple(dict.fromkeys([*order.sets, *names])), methods=())


def config_of(run: RunFolder, order: TrainOrder | GrpoOrder) -> RunConfig:
    """The run's configuration under the order's settings; raises StatError for settings of other sections."""
    section, what = ("sft", "fine-tuning") if isinstance(order, TrainOrder) else ("grpo", "GRPO")
    for setting in order.settings:
        if not setting.startswith(f"{section}."):
            raise StatError(
                f"setting {shown(setting)}: expected one of {what}, as in {section}.epochs=2; others are "
                f"changed with: stat-studio run {run.name} KEY=VALUE"
            )
    tree = configuration.override(run.config.model_dump(), list(order.settings))
    return configuration.validate(tree, f"run {run.name}")


def plan(run: RunFolder, order: TrainOrder) -> dict[str, Any]:
    """`trainings`, one an arm and seed, and their sums `n_to_do`, `n_steps`, `n_pairs` and `seconds`.

    A training: arm, set, seed, n_pairs, set_pairs, steps, seconds (None: not measured yet), state (to do,
    begun, done). With rates to choose from, the first of an arm's seeds trains once a rate; with packing the
    steps are at most so many. The size of a set that is still to be built is taken from the run's settings.
    Raises StatError for what would be refused."""
    sizes, sft = _sizes(run, order), config_of(run, order).sft
    if order.arm and len(sizes) > 1:
        raise StatError(
            f"--arm {order.arm} names one arm, and {len(sizes)} sets are to be trained; use --suffix"
        )
    smallest = min(sizes.values())
    speed = training.seconds_a_pair(run)
    rows = []
    for name, size in sizes.items():
        n = min(size, order.pairs) if isinstance(order.pairs, int) else smallest if order.pairs else size
        steps = math.ceil(sft.epochs * math.ceil(n / sft.pairs_a_step))  # as the trainer counts them
        arm = safe_name(order.arm or f"{name}{order.suffix}", "arm")
        row = {"arm": arm, "set": name, "n_pairs": n, "set_pairs": size, "steps": steps}
        seconds = None if speed is None else speed * n * sft.epochs
        times = 1 if run.trained_seeds(arm) else max(1, len(sft.learning_rates))
        for seed in dict.fromkeys(order.seeds):
            took = {"steps": times * steps, "seconds": None if seconds is None else times * seconds}
            rows.append({**row, **took, "seed": seed, "state": _state(run, row, seed, sft)})
            times = 1
    return {"run": run.name, "trainings": rows, "settings": sft.model_dump(), **_sums(rows)}


def _sums(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    to_do = [row for row in rows if row["state"] != "done"]
    seconds = [row["seconds"] for row in to_do]
    return {
        "n_to_do": len(to_do),
        "n_steps": sum(row["steps"] for row in to_do),
        "n_pairs": sum(row["n_pairs"] for row in to_do),
        "seconds": None if None in seconds else sum(seconds),
    }


def _sizes(run: RunFolder, order: TrainOrder) -> dict[str, int]:
    """{set: pairs} in the order given."""
    names = built(order).sets
    if not names:
        there = ", ".join(run.training_set_names()) or "none yet"
        raise StatError(
            f"name a training set of run {run.name} with --set (there: {there}), or --build METHOD"
        )
    methods = [METHOD_ALIASES.get(method, method) for method in order.methods]
    for method in methods:
        if method not in METHODS:
            raise StatError(f"method {shown(method)}: expected one of {', '.join(METHODS)}")
    sizes = {}
    for name in names:
        manifest = run.training_set(name).manifest()
        if manifest is None and name not in methods:
            run.need_training_set(name)
        sizes[name] = run.n_examples(name) if manifest else run.config.training_set.pairs
    return sizes


def _state(run: RunFolder, row: dict[str, Any], seed: int, sft: SftConfig) -> str:
    arm, folder = row["arm"], run.arm_folder(row["arm"], seed)
    if arm == "base":
        raise StatError("arm base is the student itself; choose another --arm name")
    asked = {"set": row["set"], "n_pairs": row["n_pairs"], "settings": sft.decides()}
    _refuse_the_runs_own(run, row, sft)
    for other in run.trained_seeds(arm):
        card = read_json(run.arm_folder(arm, other) / "manifest.json") or {}
        differs = [key for key in asked if card.get(key) != asked[key]]
        if differs:
            what = {"set": f"set {card.get('set')}", "n_pairs": f"{card.get('n_pairs')} pairs"}
            raise StatError(
                f"arm {arm} of run {run.name} was trained with {what.get(differs[0], 'other settings')}; its "
                "seeds are repetitions, so train this under another name: --suffix, as in --suffix=-2"
            )
    if seed in run.trained_seeds(arm):
        return "done"
    begun = read_json(folder / "plan.json") or {}
    is_same = all(begun.get(key) == value for key, value in asked.items())
    return "begun" if is_same and len(training.curve(run, arm, seed)) else "to do"


def _refuse_the_runs_own(run: RunFolder, row: dict[str, Any], sft: SftConfig) -> None:
    """An arm that `run` trains by itself must be trained as it would, or `run` stops at it."""
    is_as_run = (
        row["set"] == row["arm"]
        and row["n_pairs"] == row["set_pairs"]
        and sft.decides() == run.config.sft.decides()
    )
    if row["arm"] in run.config.arms and not is_as_run:
        raise StatError(
            f"arm {row['arm']} is one of run {run.name}'s own, trained on its whole set with the run's "
            "settings; train it otherwise under another name: --suffix, as in --suffix=-2"
        )


def reinforced_arm(run: RunFolder, order: GrpoOrder) -> str:
    """Name of the arm that the order makes."""
    return safe_name(order.arm or f"{order.start}-{config_of(run, order).grpo.method}", "arm")


def grpo_plan(run: RunFolder, order: GrpoOrder) -> dict[str, Any]:
    """`trainings`, one a seed, `method`, `settings`; the sums `n_to_do`, `n_steps`, `n_answers`, `seconds`.

    A training: arm, start, seed, n_questions (drawn for an epoch), n_answers (written and graded in all),
    steps, seconds (None: not measured yet), state (to do, begun, done). Where all of the pool is trained on,
    its questions are counted before near-copies of evaluation questions are left out, so at most. Raises
    StatError for what would be refused."""
    config = config_of(run, order)
    grpo, arm = config.grpo, reinforced_arm(run, order)
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
        {**row, "seed": seed, "seconds": seconds, "state": _grpo_state(run, order, config, arm, seed)}
        for seed in dict.fromkeys(order.seeds)
    ]
    n_to_do = sum(one["state"] != "done" for one in rows)
    return {
        "run": run.name, "method": grpo.method, "settings": grpo.model_dump(), "trainings": rows,
        "n_to_do": n_to_do, "n_steps": n_to_do * steps, "n_answers": n_to_do * n_answers,
        "seconds": 0.0 if not n_to_do else None if seconds is None else n_to_do * seconds,
    }  # fmt: skip


def _refuse(run: RunFolder, order: GrpoOrder, config: RunConfig, arm: str) -> None:
    if not config.student.is_local():
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


def _grpo_state(run: RunFolder, order: GrpoOrder, config: RunConfig, arm: str, seed: int) -> str:
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
