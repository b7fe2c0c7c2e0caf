"""A run on disk: one student, one validation set, one configuration, and all its results."""

import os
import shutil
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stat_engine.config import RunConfig, TeacherConfig
from stat_engine.config.method import REWARDS, BenchmarkConfig
from stat_engine.errors import NotThereYet, StatError, shown
from stat_engine.method.stage import Layout, stage
from stat_engine.records import (
    DroppedQuestion,
    MissingSkill,
    Question,
    Record,
    Response,
    SelfCheck,
    StepReward,
    TrainingExample,
    content_hash,
)
from stat_engine.store import marks
from stat_engine.store.checked_json import ArmCard, read_checked
from stat_engine.store.dataset import Dataset
from stat_engine.store.event_log import decisions
from stat_engine.store.example_log import ExampleLog, effective, effective_digest
from stat_engine.store.files import is_held, only_one, safe_name
from stat_engine.store.label_log import LabelLog, effective_labels
from stat_engine.store.run_card import RunCard
from stat_engine.store.table_files import damaged
from stat_engine.store.tables import StageTable
from stat_engine.store.verdict_log import VerdictLog, digest_of

MARKS = {"run.json", "manifest.json", "label_events.jsonl", "example_events.jsonl", "verdict_events.jsonl"}
"""Files of a run of which one changes whenever something in the run does."""


class RunFolder(RunCard):
    """Paths and tables of one run; it holds no logic of the method."""

    def __init__(self, folder: Path, datasets: Path) -> None:
        super().__init__(folder)
        self._datasets = datasets
        self.label_log = LabelLog(folder / "label_events.jsonl")
        self.verdict_log = VerdictLog(folder / "verdict_events.jsonl")
        self.responses = StageTable(folder / "responses", Response)
        self.step_rewards = StageTable(folder / "step_rewards", StepReward)
        self._dataset: Dataset | None = None
        self._pool_dataset: Dataset | None = None

    def under(self, config: RunConfig) -> "RunFolder":
        """The same run seen under another configuration, which is written nowhere."""
        seen = RunFolder(self.folder, self._datasets)
        seen._config = config
        return seen

    @property
    def dataset(self) -> Dataset:
        """The run's dataset, opened once."""
        if self._dataset is None:
            self._dataset = Dataset(self._datasets / self.config.dataset)
        return self._dataset

    @property
    def pool_dataset(self) -> Dataset:
        """The dataset whose training questions P, Skill-Map and vocabulary are in force; opened once."""
        name = self.config.pool_dataset
        if name in (None, self.config.dataset):
            return self.dataset
        if self._pool_dataset is None:
            self._pool_dataset = Dataset(self._datasets / str(name))
        return self._pool_dataset

    def held_out(self) -> list[tuple[str, Question]]:
        """(split, question) of the validation and test questions of the run's dataset, of the pool's where
        that is another one, and of its benchmarks: what no training set may hold."""
        sources = {folder.name: folder for folder in (self.dataset, self.pool_dataset)}
        asked = {(of.dataset, of.split): of.name for of in self.config.evaluation.benchmarks}
        others = [(s, self.dataset_of(name)) for (of, s), name in asked.items() if of not in sources]
        own = [(s, of) for of in sources.values() for s in ("validation", "test")]
        return [(s, q) for s, of in [*own, *others] for q in of.split(s)]

    def version(self) -> str:
        """Changes when a result, a setting or a decision does: what caches of views are keyed on.

        Metrics of a training under way are read as they come, so that a step of it empties no cache."""
        marks = [
            (str(path), found.st_mtime_ns, found.st_size)  # two decisions may share a tick of the clock
            for folder, _, names in os.walk(self.folder)
            for name in MARKS.intersection(names)
            if (path := Path(folder, name)).exists()  # it may go while the run works
            for found in [path.stat()]
        ]
        return content_hash(sorted(marks))

    def lock(self) -> AbstractContextManager[None]:
        """Held while stages work on the run; it dies with its holder."""
        return only_one(self.folder / ".lock", f"run {self.name}")

    def is_working(self) -> bool:
        """Whether a live process works on the run."""
        return is_held(self.folder / ".lock")

    def missing_skills(self, teacher: str | None = None) -> StageTable:
        """The labels of a teacher by endpoint name; of the run's own teacher when none is named."""
        endpoint = safe_name(teacher or self.config.teacher.endpoint(), "teacher")
        return StageTable(self.folder / "missing_skills" / endpoint, MissingSkill)

    def self_checks(self, teacher: str) -> StageTable:
        """What a teacher says when asked once more about its own labels."""
        return StageTable(self.folder / "self_checks" / safe_name(teacher, "teacher"), SelfCheck)

    def stage_settings(self, name: str, teacher: TeacherConfig | None = None) -> dict[str, Any]:
        """What decides a stage's table: its manifest's settings unless it is stale.

        `teacher`: the one whose labels they are, the run's own unless one is given."""
        of, own = stage(name), self.config
        config = own if teacher is None else own.model_copy(update={"teacher": teacher})
        inputs = {earlier: self.stage_table(earlier).manifest() for earlier in of.inputs}
        digests = {earlier: manifest and manifest.digest for earlier, manifest in inputs.items()}
        verdicts = self._verdicts_that_decide(config) if of.is_reviewed else {}
        return of.manifest_settings(config) | digests | verdicts

    def verdicts(self) -> dict[str, bool]:
        """{response id: is it correct} where a person overruled the stored verdict."""
        return {id: event.action == "correct" for id, event in decisions(self.verdict_log.events()).items()}

    def _verdicts_that_decide(self, config: RunConfig) -> dict[str, Any]:
        """People's verdicts on validation responses, where the filter reads correctness; else nothing, so
        that a table made before anyone overruled a verdict stays up to date."""
        digest = digest_of(self.verdict_log.events()) if config.difficulty.filter == "ground-truth" else None
        return {"verdicts": digest} if digest else {}

    def outcomes(self, name: str) -> list[Path]:
        """The folders that a stored stage fills under the configuration in force, there or not.

        The outcome in a folder is complete when it has a `manifest.json`."""
        of = stage(name)
        folder = self.folder / of.folders[0]
        if of.layout == "one table":
            return [folder]
        config = self.config
        trained = [(arm, f"seed-{seed}") for arm in config.arms for seed in config.seeds]
        graded = [("base", "seed-0"), *trained]
        parts: dict[Layout, Sequence[tuple[str, ...]]] = {
            "teacher": [(safe_name(config.teacher.endpoint(), "teacher"),)],
            "arm": [(arm,) for arm in config.arms],
            "arm and seed": trained,
            "arm, seed and benchmark": [(*one, name) for one in graded for name in self.benchmark_names()],
        }
        return [folder.joinpath(*names) for names in parts[of.layout]]

    def stage_table(self, name: str, record: type[Record] = Record) -> StageTable:
        """The table that a stage of one table fills; `record`: what its rows are read as."""
        return StageTable(self.outcomes(name)[0], record)

    def is_fresh(self, name: str) -> bool:
        """Whether the table of a stage of one table was made under the current settings, or imported."""
        manifest = self.stage_table(name).manifest()
        if manifest is None:
            return False
        return "source" in manifest.settings or manifest.settings == self.stage_settings(name)

    def labels(self) -> list[MissingSkill]:
        """Effective labels: those of the run's teacher as people left them; raises as `own_labels` does."""
        return effective_labels(self.own_labels(), self.label_log.events())

    def own_labels(self) -> list[MissingSkill]:
        """What the run's teacher said, without people's decisions; raises as `own_label_table` does."""
        return list(self.own_label_table().read())

    def own_label_table(self) -> StageTable:
        """The finished labels of the run's teacher.

        Raises NotThereYet where there are none, or none for the current settings and rewards."""
        table = self.missing_skills()
        manifest = table.manifest()
        if manifest is not None and manifest.settings != self.stage_settings("missing_skills"):
            raise NotThereYet(
                f"labels of run {self.name} were made for other settings or step rewards; bring them up to "
                f"date with: stat-studio run {self.name} --until missing_skills"
            )
        table.need(f"stat-studio run {self.name} --until missing_skills", f"labels of run {self.name}")
        return table

    def new_set_name(self, name: str) -> str:
        """The name, if a new training set may have it; raises StatError for the student's own, `base`."""
        if name == "base":
            raise StatError("training set base: this name stands for the student itself; choose another name")
        return safe_name(name, "training set")

    def training_set(self, name: str) -> StageTable:
        """A training set's table, whether it is there or not."""
        return StageTable(self.folder / "training_sets" / safe_name(name, "training set"), TrainingExample)

    def dropped_questions(self, name: str) -> StageTable:
        """The synthesised questions that did not become part of a training set, with their reasons."""
        folder = self.folder / "dropped_questions" / safe_name(name, "training set")
        return StageTable(folder, DroppedQuestion)

    def need_training_set(self, name: str) -> StageTable:
        """A training set's table; raises NotThereYet naming the ones there are."""
        table = self.training_set(name)
        if table.manifest() is None:
            there = ", ".join(self.training_set_names()) or "none yet"
            raise NotThereYet(
                f"run {self.name} has no training set {name} (there: {there}); make it with: "
                f"stat-studio build {self.name} --method METHOD --name {name}"
            )
        return table

    def n_examples(self, name: str) -> int:
        """Pairs of a training set as people left it; raises as `need_training_set` does."""
        events = self.example_log(name).events()
        return len(self.examples(name)) if events else self.need_training_set(name).need("").n_rows

    def trained_set(self, arm: str) -> str:
        """The set that a trained arm learned from; the arm's own name where its card does not say, and empty
        for one that learned from rewards alone."""
        return str(self.arm_card(arm).get("set", arm) or "")

    def arm_card(self, arm: str, seed: int | None = None) -> dict[str, Any]:
        """The card of a finished training, by default that of the arm's first seed; empty without one."""
        seeds = self.trained_seeds(arm) if seed is None else [seed]
        return (
            read_checked(self.arm_folder(arm, seeds[0]) / "manifest.json", ArmCard) if seeds else None
        ) or {}

    @property
    def teacher_calls_folder(self) -> Path:
        """Where the workspace keeps the raw answers of its teachers."""
        return self._datasets.parent / "teacher_calls"

    def example_log(self, name: str) -> ExampleLog:
        """What people changed in a training set."""
        return ExampleLog(self.training_set(name).folder / "example_events.jsonl")

    def examples(self, name: str) -> list[TrainingExample]:
        """A training set as people left it; raises as `need_training_set` does."""
        return effective(self.need_training_set(name).read(), self.example_log(name).events())

    def examples_digest(self, name: str) -> str:
        """Hash of a training set as people left it; raises as `need_training_set` does."""
        digest = self.need_training_set(name).need("").digest
        return effective_digest(digest, self.example_log(name).events())

    def training_set_names(self) -> list[str]:
        """Names of the finished training sets."""
        return _finished(self.folder / "training_sets")

    def arm_folder(self, arm: str, seed: int) -> Path:
        """Folder of one fine-tuned student."""
        return self.folder / "students" / safe_name(arm, "arm") / f"seed-{seed}"

    def trained_seeds(self, arm: str) -> list[int]:
        """Seeds for which the arm's fine-tuning is finished."""
        return _seeds(self.folder / "students" / safe_name(arm, "arm"), "manifest.json")

    def mark(self, arm: str) -> None:
        """Give an arm its place among the workspace's, and so its colour in all charts."""
        marks.add(self.folder.parent.parent, "arm", arm)

    def trained_arms(self) -> list[str]:
        """Arms with at least one finished fine-tuning."""
        folder = self.folder / "students"
        arms = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.exists() else []
        return [arm for arm in arms if self.trained_seeds(arm)]

    def evaluation(self, arm: str, seed: int, benchmark: str) -> StageTable:
        """Graded responses of an arm on a benchmark."""
        folder = self.folder / "evaluations" / safe_name(arm, "arm") / f"seed-{seed}"
        return StageTable(folder / benchmark, Response)

    def benchmark_rewards(self, benchmark: str) -> StageTable:
        """Step rewards of the student's own responses on a benchmark, for its difficult part."""
        folder = self.folder / "evaluations" / "base" / "seed-0"
        return StageTable(folder / f"{benchmark}{REWARDS}", StepReward)

    def benchmark_names(self) -> list[str]:
        """The benchmarks of the configuration, the run's own split first."""
        return [self.config.evaluation.split, *(of.name for of in self.config.evaluation.benchmarks)]

    def benchmark(self, name: str) -> BenchmarkConfig:
        """What a benchmark's name stands for: a configured one, what its evaluations say of themselves, or
        the run's own split. Raises StatError for another name."""
        own, dataset = self.config.evaluation, self.config.dataset
        for of in own.benchmarks:
            if of.name == name:
                return of
        manifest = self.evaluation("base", 0, name).manifest()
        if manifest is not None and name != own.split and "benchmark" in manifest.settings:
            try:
                return BenchmarkConfig.model_validate(manifest.settings["benchmark"])
            except ValidationError as error:
                place = self.evaluation("base", 0, name).folder / "manifest.json"
                first = error.errors(include_url=False)[0]
                at = ".".join(map(str, ("settings", "benchmark", *first["loc"])))
                raise damaged(place, f"{shown(first['input'])} in field {at}") from None
        if name != own.split and manifest is None:
            there = ", ".join(self.benchmark_names())
            raise StatError(f"run {self.name}: found benchmark {name!r}, expected one of: {there}")
        return BenchmarkConfig.model_construct(dataset=dataset, split=own.split, temperature=own.temperature)

    def dataset_of(self, benchmark: str) -> Dataset:
        """The dataset that a benchmark's questions are from."""
        name = self.benchmark(benchmark).dataset
        return self.dataset if name == self.config.dataset else Dataset(self._datasets / name)

    def evaluated(self, benchmark: str) -> dict[str, list[int]]:
        """{arm: seeds} with finished evaluations on a benchmark, the base first."""
        folder = self.folder / "evaluations"
        arms = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
        found = {arm: _seeds(folder / arm, f"{benchmark}/manifest.json") for arm in arms}
        return {arm: found[arm] for arm in sorted(found, key=lambda a: (a != "base", a)) if found[arm]}

    def copy_to(self, folder: Path, parts: Collection[str]) -> None:
        """Copy the named parts (folders, or the label log) of the run to a fork's folder."""
        for name in parts:
            source = self.folder / name
            if source.is_dir():
                shutil.rmtree(folder / name, ignore_errors=True)  # of a fork that was killed half way
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("parts-*", "*.tmp"))
            elif source.exists():
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, folder / name)


def _finished(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob("*/manifest.json"))


def _seeds(folder: Path, marker: str) -> list[int]:
    return sorted(
        int(path.name.removeprefix("seed-")) for path in folder.glob("seed-*") if (path / marker).exists()
    )
