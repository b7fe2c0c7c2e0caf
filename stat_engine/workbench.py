"""What the pipeline works with: a run, its workspace, and how far the work is."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Protocol, TypeVar

from stat_engine.config import RunConfig, TeacherConfig
from stat_engine.errors import Reviewed, StatError
from stat_engine.models.base import TeacherRequest, request_key
from stat_engine.models.open import open_teacher
from stat_engine.records import Record, content_hash
from stat_engine.stages.missing_skills import Ask
from stat_engine.stages.select import Pool
from stat_engine.store.dataset import Dataset
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.tables import Manifest, StageTable
from stat_engine.store.workspace import WorkspaceFolder

T = TypeVar("T")


class Report(Protocol):
    """Is told how far the work is; the command line prints it, a notebook may not."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` items of a stage are on disk."""
        ...

    def say(self, stage: str, sentence: str) -> None:
        """Something the user should know about a stage's outcome."""
        ...


class Silent:
    """A report that nobody reads."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """Say nothing."""

    def say(self, stage: str, sentence: str) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Workbench:
    """One run with its configuration frozen for the time of the work."""

    workspace: WorkspaceFolder
    run: RunFolder
    report: Report

    @cached_property
    def config(self) -> RunConfig:
        """The configuration in force when the work began."""
        return self.run.config

    @cached_property
    def dataset(self) -> Dataset:
        """The run's dataset; raises NotThereYet where it is not imported."""
        return self.workspace.need_dataset(self.config.dataset)

    @cached_property
    def pool(self) -> Pool:
        """The training pool P with its Skill-Map."""
        return Pool(self.dataset.need_split("train"), self.dataset.skill_map)

    def complete(
        self,
        table: StageTable,
        stage: str,
        settings: dict[str, Any],
        inputs: Sequence[object],
        batches: Sequence[Sequence[T]],
        work: Callable[[int, Sequence[T]], Sequence[Record]],
    ) -> Manifest:
        """Bring a stage's table up to date: nothing to do where it was made from just these.

        Raises Reviewed where people's decisions hang on what would be made anew."""
        fingerprint = content_hash(stage, settings, list(inputs))
        manifest = table.manifest()
        if manifest is not None and manifest.fingerprint == fingerprint:
            table.forget_unfinished()
            return manifest
        if manifest is not None and "source" in manifest.settings:
            raise StatError(
                f"run {self.run.name}: its {table.name.replace('_', ' ')} were imported and would be "
                f"replaced; make another run for others: stat-studio new NAME --dataset {self.config.dataset}"
            )
        if manifest is not None and stage in ("responses", "step_rewards") and self.run.label_log.events():
            raise Reviewed(
                f"run {self.run.name}: its {stage.replace('_', ' ')} would be made anew, but its labels are "
                f"reviewed; keep them and go on in a copy: stat-studio run {self.run.name} --fork NEW"
            )
        return table.complete(
            fingerprint, batches, work, settings, lambda done, total: self.report.progress(stage, done, total)
        )

    def ask(self, config: TeacherConfig) -> Ask:
        """A way to ask a teacher through the store of its raw answers."""
        teacher, endpoint = open_teacher(config), config.endpoint()
        calls = self.workspace.teacher_calls(endpoint)

        def ask(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
            keys = [request_key(endpoint, teacher.identity, request) for request in requests]
            prompts = [content_hash(asdict(request)) for request in requests]
            wanted = [(key, r.task, text) for key, r, text in zip(keys, requests, prompts, strict=True)]
            raw = calls.answers(wanted, lambda at: teacher.answer([requests[i] for i in at]))
            return list(zip(keys, raw, strict=True))

        return ask


def batched(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """The items in consecutive batches: the fixed plan that makes a stage reproducible."""
    return [items[at : at + size] for at in range(0, len(items), size)]


def batch_seed(seed: int, index: int) -> int:
    """A seed of its own for every batch."""
    return int(content_hash(seed, index), 16) % 2**31
