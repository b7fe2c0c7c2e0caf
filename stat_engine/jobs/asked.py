"""What a job's arguments ask for: which run they work on, and in which lane they belong."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stat_engine import config as configuration
from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.tables import StageTable
from stat_engine.store.workspace import WorkspaceFolder

ON_A_RUN = ("run", "build", "train", "grpo", "evaluate", "export-model")
VALUED = (
    "from", "until", "fork", "config", "method", "name", "set", "build", "start", "arm", "suffix", "seed",
    "pairs", "rewrites", "answers-per-question", "per-skill", "allocation", "allocation-file", "split",
    "per-subject",
    "clusters", "distance", "relabel", "out", "to", "threshold", "doubtful",
    "benchmark", "launcher",
)  # fmt: skip
"""Options of those verbs, and of `skills`, that take a value."""


def _has_student(config: RunConfig) -> bool:
    return config.student.backend in ("transformers", "vllm")


def _has_reward_model(config: RunConfig) -> bool:
    return config.reward_model.backend not in ("rlhflow-server", "imported")


def _teaches_itself(config: RunConfig) -> bool:
    teachers = [config.teacher, *config.second_teachers]
    return _has_student(config) and any(teacher.backend == "student" for teacher in teachers)


def _embeds(config: RunConfig) -> bool:
    is_asked = config.training_set.drop_solved > 0 and _has_student(config)
    return is_asked or config.embeddings.backend == "sentence-transformers" or _teaches_itself(config)


LOADS: dict[str, Callable[[RunConfig], bool]] = {
    "split": lambda _: False,
    "responses": _has_student,
    "step_rewards": _has_reward_model,
    "difficulty": lambda _: False,
    "missing_skills": _teaches_itself,
    "profile": lambda _: False,
    "training_sets": _embeds,
    "sft": lambda _: True,
    "evaluation": lambda config: _has_student(config) or _has_reward_model(config),
}
"""The pipeline's stages in order -> whether a stage loads a model on the machine it works on."""


@dataclass(frozen=True)
class Asked:
    """The arguments of a job as far as its lane and its run hang on them."""

    verb: str
    run: str | None
    """The run it works on: the copy, where it works in one."""
    source: str | None
    """The run that is there already: the one copied, or the same."""
    first: str | None
    until: str | None
    config: Path | None
    settings: list[str]


def read_arguments(arguments: Sequence[str]) -> Asked:
    """Read them; raises StatError where there are none."""
    if not arguments:
        raise StatError("a job needs the arguments of a stat-studio command, found none")
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    parser.add_argument("words", nargs="*")
    for option in VALUED:
        parser.add_argument(f"--{option}")
    try:
        given, _ = parser.parse_known_intermixed_args(list(arguments))
    except argparse.ArgumentError as error:
        raise StatError(f"job {' '.join(arguments)}: {error}") from None
    verb, *words = given.words or [arguments[0]]
    settings = [word for word in words if "=" in word]
    source = next(iter(words), None) if verb in ON_A_RUN else "demo" if verb == "demo" else None
    return Asked(
        verb=verb,
        run=given.fork or source,
        source=source,
        first=getattr(given, "from"),
        until=given.until,
        config=Path(given.config) if given.config else None,
        settings=settings,
    )


def lane_of(root: Path, arguments: Sequence[str]) -> str:
    """`device` for work that loads a model on its machine, one job at a time; `teacher` for all other work.

    `run` is judged by those of its stages that are still to be made: with the responses and their rewards
    there and the teacher on a server, `--until missing_skills` is teacher work. Of other verbs, `build`
    is judged as its stage is and `skills` by its teacher; what is not known counts as device work.
    Raises StatError for a run or a stage that is none."""
    asked = read_arguments(arguments)
    if asked.verb == "skills":
        config = configuration.load(asked.config, asked.settings)
        return _lane(_teaches_itself(config))
    if asked.verb not in ON_A_RUN or asked.source is None:
        return "device"
    run = WorkspaceFolder(root).run_folder(asked.source)
    if asked.verb not in ("run", "build"):
        return "device"
    old = run.config
    new = configuration.validate(configuration.override(old.model_dump(), asked.settings), f"run {run.name}")
    stages = _between(asked.first, asked.until) if asked.verb == "run" else ["training_sets"]
    return _lane(any(LOADS[stage](new) and not _is_there(run, stage, old, new) for stage in stages))


def _lane(loads: bool) -> str:
    return "device" if loads else "teacher"


def _between(first: str | None, until: str | None) -> list[str]:
    names = list(LOADS)
    for name in (first, until):
        if name is not None and name not in names:
            raise StatError(f"stage {name}: expected one of {', '.join(names)}")
    return names[names.index(first or names[0]) : names.index(until or names[-1]) + 1]


def _is_there(run: RunFolder, stage: str, old: RunConfig, new: RunConfig) -> bool:
    """Whether a stage's table was made from just the settings in force; others are not looked into."""
    if stage == "responses":
        return _is_fresh(run.responses, run.response_settings()) and _agree(old, new, "student")
    if stage == "step_rewards":
        is_fresh = _is_fresh(run.step_rewards, run.reward_settings())
        return is_fresh and _agree(old, new, "reward_model") and _is_there(run, "responses", old, new)
    return False


def _is_fresh(table: StageTable, settings: dict[str, Any]) -> bool:
    manifest = table.manifest()
    return manifest is not None and ("source" in manifest.settings or manifest.settings == settings)


def _agree(old: RunConfig, new: RunConfig, section: str) -> bool:
    return all(getattr(old, of) == getattr(new, of) for of in ("dataset", "domain", section))
