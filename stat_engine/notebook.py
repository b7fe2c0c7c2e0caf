"""The engine from a notebook: `Workspace().run("demo").profile()` is a frame.

The command line calls the same functions; the pages call the views below them."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from stat_engine import config as configuration
from stat_engine import training, training_sets, views
from stat_engine.asking import Report
from stat_engine.config import RunConfig
from stat_engine.errors import Reviewed, StatError
from stat_engine.estimate import Estimate, estimate
from stat_engine.pipeline import run_pipeline
from stat_engine.records import TrainingExample
from stat_engine.stages.split import split
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.workbench import Silent, Workbench

SLICES: dict[str, tuple[str, ...]] = {
    "responses": ("dataset", "domain", "student"),
    "step_rewards": ("reward_model",),
    "missing_skills": ("difficulty", "teacher", "second_teachers"),
    "training_sets": ("embeddings", "training_set", "arms"),
    "students": ("sft", "seeds"),
    "evaluations": ("evaluation",),
}
"""Folder of a run -> the settings that decide it, beside those of the folders above it."""


class Run:
    """One run: everything the pages and the command line can do with it."""

    def __init__(self, workspace: WorkspaceFolder, folder: RunFolder, report: Report | None = None) -> None:
        self.folder = folder
        self._workspace = workspace
        self._report = report or Silent()

    @property
    def name(self) -> str:
        """The run's name."""
        return self.folder.name

    @property
    def config(self) -> RunConfig:
        """The configuration in force."""
        return self.folder.config

    def bench(self) -> Workbench:
        """What the pipeline's stages work with, under the configuration now in force."""
        return Workbench(self._workspace, self.folder, self._report)

    def run(self, first: str | None = None, last: str | None = None) -> None:
        """Bring the stages from `first` to `last` up to date."""
        run_pipeline(self.bench(), first, last)

    def estimate(self, overrides: Sequence[str] = ()) -> list[Estimate]:
        """The teacher calls that bringing the run up to date, under `key=value` settings, will make.

        Nothing is asked, and the settings are put in force nowhere."""
        tree = configuration.override(self.config.model_dump(), list(overrides))
        seen = self.folder.under(configuration.validate(tree, f"run {self.name}"))
        return estimate(Workbench(self._workspace, seen, Silent()))

    def configure(self, overrides: Sequence[str]) -> None:
        """Put `key=value` settings in force.

        Raises Reviewed where people's decisions hang on what would change."""
        config = configuration.validate(
            configuration.override(self.config.model_dump(), list(overrides)), f"run {self.name}"
        )
        if config == self.config:
            return
        if _first_changed(self.config, config) in ("responses", "step_rewards", "missing_skills"):
            self._refuse_when_reviewed()
        self.folder.save_config(config)

    def fork(self, name: str, overrides: Sequence[str] = ()) -> "Run":
        """A copy under a new name that keeps everything up to what the settings change."""
        config = configuration.validate(
            configuration.override(self.config.model_dump(), list(overrides)), f"run {name}"
        )
        changed = _first_changed(self.config, config)
        folders = list(SLICES)
        kept = folders[: folders.index(changed)] if changed else folders
        # decisions hang on responses, not on labels, so they go along while the responses do
        decisions = ["label_events.jsonl"] if "responses" in kept else []
        with self.folder.lock():  # what is copied must not change under the copying
            folder = self._workspace.new_run(name, config, self.folder, [*kept, *decisions])
        return Run(self._workspace, folder, self._report)

    def difficult(self, **thresholds: Any) -> dict[str, object]:
        """Counts of difficult questions; keywords replace the run's difficulty settings."""
        return views.difficult.summary(self.folder, self.difficulty_config(thresholds))

    def difficulty_config(self, thresholds: dict[str, Any]) -> configuration.DifficultyConfig:
        """The run's difficulty settings with the given ones (None: as they are) replaced."""
        changes = [f"difficulty.{key}={value}" for key, value in thresholds.items() if value is not None]
        return configuration.validate(
            configuration.override(self.config.model_dump(), changes), "difficult"
        ).difficulty

    def questions(self) -> pd.DataFrame:
        """One row a question, difficult ones first."""
        return views.difficult.questions(self.folder)

    def profile(self) -> pd.DataFrame:
        """The Missing-Skill-Profile, most missed first."""
        return views.profile.profile(self.folder)

    def build(self, method: str, name: str, **settings: Any) -> dict[str, Any]:
        """Build a training set; keywords replace the run's training_set settings."""
        changes = [f"training_set.{key}={value}" for key, value in settings.items() if value is not None]
        chosen = configuration.validate(
            configuration.override(self.config.model_dump(), changes), "build"
        ).training_set
        training_sets.build_training_set(self.bench(), method, name, chosen)
        summary = views.training_sets.summary(self.folder, name)
        return {**summary, "notes": [*summary["notes"], *self.folder.dataset.audit_findings()]}

    def training_set(self, name: str) -> pd.DataFrame:
        """A training set, one row an example with its lineage."""
        rows = [example.model_dump() for example in self.folder.need_training_set(name).read()]
        return pd.DataFrame(rows, columns=list(TrainingExample.model_fields))

    def train(self, set_name: str, arm: str | None = None, seed: int = 0) -> dict[str, Any]:
        """Fine-tune the student on a set, as an arm named like the set unless another name is given."""
        with self.folder.lock():
            return training.train(self.bench(), set_name, arm or set_name, seed)

    def evaluate(self, arm: str) -> None:
        """Grade an arm, all its trained seeds, on the run's benchmark; `base` is the student itself."""
        with self.folder.lock():
            bench = self.bench()
            for seed in [0] if arm == "base" else self.folder.trained_seeds(arm) or [0]:
                training.evaluate(bench, arm, seed)
            if arm == "base":
                training.measure_difficult_part(bench)

    def accuracy_by(self, group: str = "skill") -> pd.DataFrame:
        """Accuracy of every arm in each skill, or each subject, with intervals and the gain over the base."""
        return views.compare.by_group(self.folder, group)

    def compare(self) -> pd.DataFrame:
        """One row an arm, best first."""
        return pd.DataFrame(views.compare.compare(self.folder)["arms"])

    def _refuse_when_reviewed(self) -> None:
        n = len(self.folder.label_log.events())
        if n:
            raise Reviewed(
                f"run {self.name} has {n} label decisions that hang on the settings to be changed; "
                f"keep them and change a copy: stat-studio run {self.name} --fork NEW key=value"
            )


class Workspace(WorkspaceFolder):
    """A folder of datasets and runs; `STAT_WORKSPACE` or `workspace/` unless another is given."""

    def run(self, name: str, report: Report | None = None) -> Run:
        """A run that is there; raises NotThereYet naming those that are."""
        return Run(self, self.run_folder(name), report)

    def new(self, name: str, config: RunConfig) -> Run:
        """Make a run; raises StatError where the name is taken or the dataset is not there."""
        return Run(self, self.new_run(name, config))

    def runs(self) -> pd.DataFrame:
        """One row a run."""
        return views.status.runs(self)

    def split(self, dataset: str, n_validation: int, of: str, seed: int) -> dict[str, Any]:
        """Draw Q_val and Q_test from a split of the dataset and store their ids."""
        folder = self.need_dataset(dataset)
        if of == "train":
            raise StatError("--from train: the pool stays whole, so that no training question is tested on")
        ids = [question.id for question in folder.questions.values() if question.split == of]
        if not ids:
            raise StatError(f"dataset {dataset} has no questions with split {of}")
        validation, test = split(ids, n_validation, seed)
        made_by: dict[str, object] = {"from": of, "seed": seed}
        folder.forget_splits()
        folder.save_split("validation", validation, made_by)
        folder.save_split("test", test, made_by)
        return {"dataset": dataset, "validation": len(validation), "test": len(test), **made_by}


def default_config(dataset: str) -> RunConfig:
    """Settings that a new run starts from: the embedded student for numeracy; for any other dataset
    imported responses and step rewards and the stand-in teacher, until others are named."""
    if dataset == "numeracy":
        return RunConfig(dataset=dataset)
    return RunConfig.model_validate(
        {
            "dataset": dataset,
            "student": {"backend": "imported", "steps": "blank-line"},
            "reward_model": "imported",
            "teacher": "question-skills",
        }
    )


def _first_changed(old: RunConfig, new: RunConfig) -> str | None:
    for folder, sections in SLICES.items():
        if any(_decides(old, section) != _decides(new, section) for section in sections):
            return folder
    return None


def _decides(config: RunConfig, section: str) -> Any:
    value = getattr(config, section)
    if isinstance(value, list):
        return [item.decides() if isinstance(item, configuration.Section) else item for item in value]
    return value.decides() if isinstance(value, configuration.Section) else value
