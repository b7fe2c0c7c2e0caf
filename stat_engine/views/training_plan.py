"""The plan of a training or GRPO order: arms, data, steps, and the expected duration."""

import math
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Literal, TypedDict

from stat_engine import config as configuration
from stat_engine.config import METHOD_ALIASES, METHODS, REINFORCED, RunConfig, SftConfig
from stat_engine.errors import NotThereYet, StatError, shown
from stat_engine.method.sft.metrics import PACE, read_metrics
from stat_engine.orders import GrpoOrder, TrainOrder
from stat_engine.store.checked_json import ArmCard, read_checked
from stat_engine.store.files import safe_name
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import training

State = Literal["to do", "begun", "done"]


class Training(TypedDict):
    """One fine-tuning on pairs."""

    arm: str
    set: str
    seed: int
    n_pairs: int
    set_pairs: int
    """Pairs of the whole set; of one that is still to be built, as the run's settings say."""
    steps: int
    """Optimizer steps; with packing, at most so many."""
    seconds: float | None
    """Null: no fine-tuning of this run has been measured yet."""
    state: State


class Plan(TypedDict):
    """What an order to fine-tune will do; the sums are over what is not done yet."""

    run: str
    trainings: list[Training]
    settings: Mapping[str, object]
    """Section sft of the configuration."""
    n_to_do: int
    n_steps: int
    n_pairs: int
    seconds: float | None
    """Null: not measured yet."""


class Reinforcement(TypedDict):
    """One training from rewards."""

    arm: str
    start: str
    """The arm that it goes on from; `base`: the student itself."""
    seed: int
    n_questions: int
    """Drawn for an epoch; of the whole pool, counted before near-copies of evaluation questions are left
    out."""
    n_answers: int
    """Written and graded in all."""
    steps: int
    seconds: float | None
    """Null: no training from rewards of this run has been measured yet."""
    state: State


class GrpoPlan(TypedDict):
    """What an order to reinforce will do; the sums are over what is not done yet."""

    run: str
    method: str
    settings: Mapping[str, object]
    """Section grpo of the configuration."""
    trainings: list[Reinforcement]
    n_to_do: int
    n_steps: int
    n_answers: int
    seconds: float | None
    """Null: not measured yet."""


class _Arm(TypedDict):
    arm: str
    set: str
    n_pairs: int
    set_pairs: int


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


def plan(run: RunFolder, order: TrainOrder) -> Plan:
    """What the order will do, one training an arm and seed; raises StatError for what would be refused.

    With learning rates to choose from, the first of an arm's seeds trains once a rate."""
    sizes, sft = _sizes(run, order), config_of(run, order).sft
    if order.arm and len(sizes) > 1:
        raise StatError(
            f"--arm {order.arm} names one arm, and {len(sizes)} sets are to be trained; use --suffix"
        )
    smallest = min(sizes.values())
    rows: list[Training] = []
    for name, size in sizes.items():
        n = min(size, order.pairs) if isinstance(order.pairs, int) else smallest if order.pairs else size
        arm = safe_name(order.arm or f"{name}{order.suffix}", "arm")
        _refuse_the_runs_own(run, arm, name, is_whole=n == size, sft=sft)
        rows += _trainings(run, order, sft, {"arm": arm, "set": name, "n_pairs": n, "set_pairs": size})
    to_do = [row for row in rows if row["state"] != "done"]
    return {
        "run": run.name,
        "trainings": rows,
        "settings": sft.model_dump(),
        "n_to_do": len(to_do),
        "n_steps": sum(row["steps"] for row in to_do),
        "n_pairs": sum(row["n_pairs"] for row in to_do),
        "seconds": _sum(row["seconds"] for row in to_do),
    }


def grpo_plan(run: RunFolder, order: GrpoOrder) -> GrpoPlan:
    """What the order will do, one training a seed; raises StatError for what would be refused."""
    config = config_of(run, order)
    grpo, arm = config.grpo, reinforced_arm(run, order)
    _refuse(run, order, config, arm)
    n, speed = _questions(run, config), _seconds_an_answer(run)
    n_answers = grpo.n_batches(n) * grpo.questions_a_batch * grpo.rollouts
    asked = {"start": order.start, "settings": grpo.decides_an_arm(order.start, config.sft)}
    rows: list[Reinforcement] = [
        {
            "arm": arm,
            "start": order.start,
            "seed": seed,
            "n_questions": n,
            "n_answers": n_answers,
            "steps": grpo.n_steps(n),
            "seconds": None if speed is None else speed * n_answers,
            "state": _state(run, arm, seed, asked, "--arm NAME"),
        }
        for seed in dict.fromkeys(order.seeds)
    ]
    to_do = [row for row in rows if row["state"] != "done"]
    return {
        "run": run.name,
        "method": grpo.method,
        "settings": grpo.model_dump(),
        "trainings": rows,
        "n_to_do": len(to_do),
        "n_steps": sum(row["steps"] for row in to_do),
        "n_answers": sum(row["n_answers"] for row in to_do),
        "seconds": _sum(row["seconds"] for row in to_do),
    }


def reinforced_arm(run: RunFolder, order: GrpoOrder) -> str:
    """Name of the arm that the order makes."""
    return safe_name(order.arm or f"{order.start}-{config_of(run, order).grpo.method}", "arm")


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


def _trainings(run: RunFolder, order: TrainOrder, sft: SftConfig, of: _Arm) -> list[Training]:
    """The trainings of one arm, a row a seed."""
    n, speed = of["n_pairs"], training.seconds_a_pair(run)
    steps = math.ceil(sft.epochs * math.ceil(n / sft.pairs_a_step))  # as the trainer counts them
    seconds = None if speed is None else speed * n * sft.epochs
    asked = {"set": of["set"], "n_pairs": n, "settings": sft.decides()}
    times, rows = 1 if run.trained_seeds(of["arm"]) else max(1, len(sft.learning_rates)), list[Training]()
    for seed in dict.fromkeys(order.seeds):
        rows.append(
            {
                **of,
                "seed": seed,
                "steps": times * steps,
                "seconds": None if seconds is None else times * seconds,
                "state": _state(run, of["arm"], seed, asked, "--suffix, as in --suffix=-2"),
            }
        )
        times = 1
    return rows


def _sum(seconds: Iterable[float | None]) -> float | None:
    """Null where one of them is not known."""
    known = list(seconds)
    return None if None in known else sum(value or 0.0 for value in known)


def _state(run: RunFolder, arm: str, seed: int, asked: Mapping[str, object], way_out: str) -> State:
    """How far a training is; raises StatError where the arm's seeds were trained otherwise than `asked`."""
    for other in run.trained_seeds(arm):
        card = run.arm_card(arm, other)
        differs = next((key for key in asked if card.get(key) != asked[key]), None)
        if differs is not None:
            value = card.get(differs)
            what = {"set": f"set {value}", "n_pairs": f"{value} pairs", "start": f"start {value}"}
            raise StatError(
                f"arm {arm} of run {run.name} was trained with {what.get(differs, 'other settings')}; its "
                f"seeds are repetitions, so train this under another name: {way_out}"
            )
    if seed in run.trained_seeds(arm):
        return "done"
    begun = read_checked(run.arm_folder(arm, seed) / "plan.json", ArmCard) or {}
    is_same = all(begun.get(key) == value for key, value in asked.items())
    return "begun" if is_same and len(training.curve(run, arm, seed)) else "to do"


def _refuse_the_runs_own(run: RunFolder, arm: str, set: str, is_whole: bool, sft: SftConfig) -> None:
    """An arm that `run` trains by itself must be trained as it would, or `run` stops at it."""
    if arm == "base":
        raise StatError("arm base is the student itself; choose another --arm name")
    is_as_run = set == arm and is_whole and sft.decides() == run.config.sft.decides()
    if arm in run.config.arms and not is_as_run:
        raise StatError(
            f"arm {arm} is one of run {run.name}'s own, trained on its whole set with the run's settings; "
            "train it otherwise under another name: --suffix, as in --suffix=-2"
        )


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


def _seconds_an_answer(run: RunFolder) -> float | None:
    """Median seconds that an answer with its grade and its part of an update took; None: no measure."""
    found = []
    for arm in run.trained_arms():
        for seed in run.trained_seeds(arm):
            card = run.arm_card(arm, seed)
            pace = read_metrics(run.arm_folder(arm, seed) / PACE)
            if card.get("method") in REINFORCED and pace:
                found.append(pace[-1]["seconds"] / card["n_answers"])
    return median(found) if found else None
