"""What a job's arguments ask for: which run they work on, and in which lane they belong."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from stat_engine import config as configuration
from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.method.stage import STORED, Stage, kept_and_stale, stage, stage_range
from stat_engine.store.run_folder import RunFolder
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
        return _lane(config.teaches_itself())
    if asked.verb not in ON_A_RUN or asked.source is None:
        return "device"
    run = WorkspaceFolder(root).run_folder(asked.source)
    if asked.verb not in ("run", "build"):
        return "device"
    old = run.config
    new = configuration.validate(configuration.override(old.model_dump(), asked.settings), f"run {run.name}")
    stages = stage_range(asked.first, asked.until) if asked.verb == "run" else (stage("training_sets"),)
    there = _there(run, old, new)
    return _lane(any(one.loads_model(new) for one in stages if one not in there))


def _lane(loads: bool) -> str:
    return "device" if loads else "teacher"


def _there(run: RunFolder, old: RunConfig, new: RunConfig) -> list[Stage]:
    """The first stages, as far as each is one table that was made under just the new settings."""
    kept, _ = kept_and_stale(old, new)
    is_there = lambda one: one.layout == "one table" and one in kept and run.is_fresh(one.name)  # noqa: E731
    return list(takewhile(is_there, STORED))
