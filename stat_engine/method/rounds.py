"""The next round: a run whose student is a trained arm of another run (the paper's continual learning).

In: a run, one of its arms and optionally another dataset for the new validation questions (ConSel and
ConSyn: MATH-perturb-hard). Out: a new run without results. Its training questions still come from P: the
pool, the Skill-Map and the vocabulary stay those of the first round, and near-duplicates of the new
validation and test questions are left out of P as well."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stat_engine import config as configuration
from stat_engine import views
from stat_engine.config import RunConfig
from stat_engine.errors import StatError, shown
from stat_engine.method.context import RunContext
from stat_engine.method.sft.arm import arm_adapter
from stat_engine.store.dataset import Dataset
from stat_engine.store.files import safe_name
from stat_engine.store.run_folder import RunFolder

OWN = ("student.model", "student.adapter", "student.name", "dataset", "pool_dataset")
"""Settings that make the round what it is, so that none of them can be given beside it."""
_STEM = re.compile(r"-round\d+-.*$")


@dataclass(frozen=True)
class NextRound:
    """A round that may be made."""

    run: str
    config: RunConfig
    number: int
    """The first run of a chain is round 1."""
    arm: str
    seed: int


def plan_round(
    context: RunContext,
    arm: str,
    seed: int = 0,
    dataset: str | None = None,
    name: str | None = None,
    overrides: Sequence[str] = (),
) -> NextRound:
    """The round after the run's run; nothing is made.

    Raises StatError for an arm that is not trained, a dataset without the questions or with subjects that
    the pool's vocabulary has not, a name that is taken, and a student that can take no further adapter."""
    run = context.run
    if arm == "base":
        raise StatError("arm base is the student of this round itself; expected a trained arm")
    folder, _ = arm_adapter(context, arm, seed)
    config = _config(
        run, folder.relative_to(run.folder.parent.parent).as_posix(), arm, seed, dataset, overrides
    )
    _check_student(config)
    _check_dataset(context, config)
    number = views.rounds.number(run) + 1
    chosen = safe_name(
        name or f"{_STEM.sub('', run.name)}-round{number}-{arm}{f'-{seed}' if seed else ''}", "run"
    )
    if chosen in context.workspace.run_names():
        raise StatError(f"run {chosen} exists already in {context.workspace.root}; choose another --name")
    return NextRound(chosen, config, number, arm, seed)


def make_round(context: RunContext, planned: NextRound) -> RunFolder:
    """Make the round's run; it keeps nothing of its parent, because its student is another one."""
    made_from = {"number": planned.number, "arm": planned.arm, "seed": planned.seed}
    return context.workspace.new_run(planned.run, planned.config, context.run, round=made_from)


def _config(
    run: RunFolder, adapter: str, arm: str, seed: int, dataset: str | None, overrides: Sequence[str]
) -> RunConfig:
    for item in overrides:
        if item.partition("=")[0] in (*OWN, "student"):
            raise StatError(
                f"setting {shown(item)}: the round decides it; another student or dataset makes another run: "
                "stat-studio new NAME, or choose the dataset with --dataset"
            )
    old = run.config
    tree = configuration.override(old.model_dump(), list(overrides))
    pool, new = old.pool_dataset or old.dataset, dataset or old.dataset
    tree |= {"dataset": new, "pool_dataset": None if pool == new else pool}
    student = old.student
    adapters = [*student.adapters(), adapter]
    tree["student"] |= {
        "adapter": adapters[0] if len(adapters) == 1 else adapters,
        "name": f"{student.name}+{arm}{f'-{seed}' if seed else ''}",
    }
    return configuration.validate(tree, f"next round of run {run.name}")


def _check_student(config: RunConfig) -> None:
    """A student with an adapter can be asked and trained by some backends only: say so before, not after."""
    if config.student.backend == "vllm" and config.arms:
        raise StatError(
            "student.backend=vllm takes one adapter, and an arm of the next round stands on two; "
            "add the setting student.backend=transformers"
        )
    if config.sft.method == "qlora":
        raise StatError(
            "sft.method=qlora cannot train a student that has an adapter; add the setting sft.method=lora, "
            "or write the merged student once and make a run with it: "
            "stat-studio new NAME student.model=FOLDER"
        )


def _check_dataset(context: RunContext, config: RunConfig) -> None:
    dataset = context.workspace.need_dataset(config.dataset)
    pool = context.workspace.need_dataset(config.pool_dataset or config.dataset)
    for split in ("validation", *((config.evaluation.split,) if config.arms else ())):
        dataset.need_split(split)
    pool.need_split("train")
    strangers = _strangers(dataset, pool)
    if strangers:
        named = ", ".join(f"{shown(subject)} ({n:,})" for subject, n in strangers.most_common(3))
        there = ", ".join(pool.need_skill_map().as_lists())
        raise StatError(
            f"dataset {dataset.name}: validation questions of subject {named} have no skill list in "
            f"{pool.name}, whose pool is drawn from; expected one of {there}"
        )


def _strangers(dataset: Dataset, pool: Dataset) -> Counter[str]:
    """{subject: validation questions} that no skill list of the pool's vocabulary is for."""
    if dataset.name == pool.name:
        return Counter()
    known, entries = set(pool.need_skill_map().as_lists()), dataset.skill_map
    subjects = (
        entries[question.id].subject if question.id in entries else question.subject or ""
        for question in dataset.need_split("validation")
    )
    return Counter(subject for subject in subjects if subject not in known)


def in_numbers(context: RunContext, planned: NextRound) -> dict[str, Any]:
    """A plan as a row: run, parent, number, arm, seed, student, adapters, dataset, pool_dataset,
    n_validation, n_test, n_pool (near-duplicates of evaluation questions included)."""
    config = planned.config
    dataset = context.workspace.need_dataset(config.dataset)
    pool = context.workspace.need_dataset(config.pool_dataset or config.dataset)
    return {
        "run": planned.run,
        "parent": context.run.name,
        "number": planned.number,
        "arm": planned.arm,
        "seed": planned.seed,
        "student": config.student.name,
        "adapters": config.student.adapters(),
        "dataset": dataset.name,
        "pool_dataset": pool.name,
        "n_validation": len(dataset.split("validation")),
        "n_test": len(dataset.split("test")),
        "n_pool": len(pool.split("train")),
    }
