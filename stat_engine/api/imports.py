"""Import files of other tools: questions, Skill-Maps, responses, step rewards, training sets."""

from collections.abc import Callable, Mapping
from functools import partial, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, get_args

from stat_engine.config import default_config
from stat_engine.errors import InputError, StatError, shown
from stat_engine.formats import evaluations, hub, inspect_logs, into_dataset, into_run, lm_eval
from stat_engine.formats.columns import Kind, checked, lacking_field, preview
from stat_engine.formats.lm_eval import SampleReading
from stat_engine.formats.questions import SPLITS
from stat_engine.formats.row import RewardScale
from stat_engine.formats.rows import Reading
from stat_engine.formats.unpacking import MAX_UNPACKED_GB
from stat_engine.grading import Judge
from stat_engine.method.context import RunContext, Silent
from stat_engine.models.paid_calls.account import Report
from stat_engine.models.teacher_answers import judge_by
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.settings import usable_settings
from stat_engine.store.workspace import WorkspaceFolder

REWARD_SCALES: tuple[RewardScale, ...] = get_args(RewardScale)
P = ParamSpec("P")
Found = Mapping[str, Any]
"""Counts of what was imported and `notes`; of a dry import what `preview` returns."""


def _bounded(
    method: Callable[Concatenate["Imports", P], Found],
) -> Callable[Concatenate["Imports", P], Found]:
    """A method that reads files; what they may unpack to is the workspace's setting."""

    @wraps(method)
    def bounded(self: "Imports", /, *args: P.args, **named: P.kwargs) -> Found:
        limit = MAX_UNPACKED_GB.set(usable_settings(self._workspace.root)[0].max_unpacked_gb)
        try:
            return method(self, *args, **named)
        finally:
            MAX_UNPACKED_GB.reset(limit)

    return bounded


class Imports:
    """How files are read: `columns` is {our field: the file's column}, for fields that it names otherwise,
    and `reward_scale` is that of the file's rewards, `probability` or `logit`.

    A dry import writes nothing and reports what it would do; it is for files of questions, Skill-Maps,
    responses and step rewards."""

    def __init__(
        self,
        workspace: WorkspaceFolder,
        columns: Mapping[str, str] | None = None,
        is_dry: bool = False,
        reward_scale: str = "probability",
        report: Report | None = None,
    ) -> None:
        self._workspace = workspace
        self._columns = columns or {}
        self._is_dry = is_dry
        self._report = report or Silent()
        scale = next((name for name in REWARD_SCALES if name == reward_scale), None)
        if scale is None:
            raise StatError(f"--reward-scale {shown(reward_scale)}: expected {' or '.join(REWARD_SCALES)}")
        self._scale = scale

    @_bounded
    def questions(self, dataset: str, file: Path, split: str | None = None) -> Found:
        """Questions into a dataset; `split` is for rows that name none."""
        rest = next((name for name in SPLITS if name == split), None)
        if split is not None and rest is None:
            raise StatError(f"--split {split}: expected one of {', '.join(SPLITS)}")

        def read(reading: Reading) -> Found:
            return into_dataset.import_questions(self._workspace, dataset, file, reading, rest)

        return self._read("questions", file, read)

    @_bounded
    def skill_map(
        self, dataset: str, file: Path, vocabulary: Path | None = None, skip_unknown: bool = False
    ) -> Found:
        """A Skill-Map into a dataset; with a vocabulary, skills outside it are refused."""
        workspace, of = self._workspace, into_dataset

        def read(reading: Reading) -> Found:
            return of.import_skill_map(workspace, dataset, file, vocabulary, skip_unknown, reading)

        return self._read("skill-map", file, read)

    @_bounded
    def responses(self, run: str, file: Path, skip_unknown: bool = False) -> Found:
        """Responses of any model into a run."""
        folder, judge = self._opened(run)

        def read(reading: Reading) -> Found:
            return into_run.import_responses(folder, file, skip_unknown, judge, reading)

        return self._read("responses", file, read)

    @_bounded
    def step_rewards(self, run: str, file: Path, skip_unknown: bool = False) -> Found:
        """Step rewards of a run's responses, or human step ratings with their responses, into the run."""
        folder, judge = self._opened(run)

        def read(reading: Reading) -> Found:
            return into_run.import_step_rewards(folder, file, skip_unknown, judge, reading)

        return self._read("step-rewards", file, read)

    @_bounded
    def training_set(self, run: str, file: Path, name: str = "") -> Found:
        """A training set into a run, under the file's name unless another is given."""
        folder = self._workspace.run_folder(run)
        columns = checked("training-set", self._columns)
        return into_run.import_training_set(folder, file, name or file.name.split(".")[0], columns)

    @_bounded
    def lm_eval(
        self,
        dataset: str,
        run: str,
        file: Path,
        model: str = "unnamed",
        filter: str | None = None,
        skip_unknown: bool = False,
        metric: str | None = None,
    ) -> Found:
        """Samples of lm-evaluation-harness as a run's responses; makes a missing dataset or run."""
        how = self._samples(filter, metric)
        given = default_config(dataset), model, how, skip_unknown, self._judge(run)
        return lm_eval.import_lm_eval(self._workspace, file, run, *given)

    @_bounded
    def inspect(
        self,
        dataset: str,
        run: str,
        file: Path,
        model: str = "",
        scorer: str | None = None,
        skip_unknown: bool = False,
    ) -> Found:
        """A log of Inspect as a run's responses; makes a missing dataset or run."""
        columns = checked("inspect", self._columns)
        given = default_config(dataset), model, scorer, columns, skip_unknown, self._judge(run)
        return inspect_logs.import_inspect(self._workspace, file, run, *given)

    @_bounded
    def evaluation(
        self,
        dataset: str,
        run: str,
        file: Path,
        arm: str,
        seed: int = 0,
        benchmark: str | None = None,
        filter: str | None = None,
        skip_unknown: bool = False,
        metric: str | None = None,
    ) -> Found:
        """Samples of lm-evaluation-harness as an arm's evaluation; arm `base` is the student itself."""
        folder, judge = self._opened(run)
        given = arm, seed, dataset, benchmark, self._samples(filter, metric), skip_unknown, judge
        return evaluations.import_evaluation(self._workspace, folder, file, *given)

    @_bounded
    def hub(
        self,
        name: str,
        dataset: str = "",
        run: str = "",
        file: Path | None = None,
        split: str | None = None,
        skip_unknown: bool = False,
    ) -> Found:
        """A public data set by name, from the Hugging Face hub or from a file with the hub's own rows.

        Rated responses go into a run. Dataset and run have the data set's name by default."""
        name, columns = name.lower(), checked("hub", self._columns)
        if not hub.is_rated(name):
            return hub.import_hub(self._workspace, name, dataset or name, file, split, columns)
        run, config = run or name, default_config(dataset or name)
        given = file, split, skip_unknown, self._judge(run), columns
        return hub.import_rated(self._workspace, name, run, config, *given)

    def _samples(self, filter: str | None, metric: str | None) -> SampleReading:
        return SampleReading(filter, metric, checked("lm-eval", self._columns))

    def _opened(self, run: str) -> tuple[RunFolder, Judge | None]:
        return self._workspace.run_folder(run), self._judge(run)

    def _judge(self, run: str) -> Judge | None:
        """The run's teacher as judge, opened when it is first asked; None for a run that is to be made."""
        if run not in self._workspace.run_names():
            return None
        context = RunContext(self._workspace, self._workspace.run_folder(run), Silent())
        return judge_by(context.ask)

    def _read(self, kind: Kind, file: Path, read: Callable[[Reading], Found]) -> Found:
        columns = checked(kind, self._columns)
        if self._is_dry:
            return preview(kind, file, columns, read, self._scale)
        say = partial(self._report.say, f"import {kind}")
        try:
            return read(Reading(columns, reward_scale=self._scale, say=say))
        except InputError as error:
            raise lacking_field(kind, file, columns) or error from None
