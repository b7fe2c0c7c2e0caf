"""RunContext: the run and workspace that the stages work on, and the report of their progress."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from stat_engine.config import RunConfig, TeacherConfig
from stat_engine.errors import Reviewed, StatError
from stat_engine.grading import Grader, notice, open_grader
from stat_engine.method.keeping import Keeping, StageProgress
from stat_engine.method.stage import is_reviewed_after
from stat_engine.method.training_sets.neighbours import NearTo
from stat_engine.method.training_sets.select import Pool
from stat_engine.models.base import Ask, RewardModel, Student
from stat_engine.models.framing import FramedStudent, close
from stat_engine.models.gguf import with_checkpoint
from stat_engine.models.open import open_reward_model, open_student
from stat_engine.models.paid_calls.account import Report, open_account
from stat_engine.models.paid_calls.student import PaidStudent
from stat_engine.models.paid_calls.teacher import PaidTeacher, open_paid_teacher
from stat_engine.models.servers.server import Server
from stat_engine.models.teacher_answers import judge_by
from stat_engine.records import Question, Record, content_hash
from stat_engine.store.dataset import Dataset
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.settings import check_destination
from stat_engine.store.tables import Manifest, Notes, StageTable
from stat_engine.store.workspace import WorkspaceFolder

T = TypeVar("T")


class Silent:
    """A report that nobody reads."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """Say nothing."""

    def say(self, stage: str, sentence: str) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class RunContext:
    """One run with its configuration frozen for the time of the work."""

    workspace: WorkspaceFolder
    run: RunFolder
    report: Report
    _clean_pools: dict[float, tuple[Pool, int]] = field(default_factory=dict)

    @cached_property
    def config(self) -> RunConfig:
        """The current configuration when the work began, with the student's folders found: its adapters and
        its checkpoint in the workspace, converted now where it is a GGUF file.

        What decides a stage is hashed as the run has it, so that a workspace may be moved. Raises StatError
        where the run has a number that is refused today."""
        config, root = self.run.sound_config(), self.workspace.root
        names = config.student.adapters()
        found = [str((root / name).resolve()) if (root / name).is_dir() else name for name in names]
        student = with_checkpoint(config.student, root, lambda said: self.report.say("student", said))
        if found != names:
            student = student.model_copy(update={"adapter": found})
        return config if student is config.student else config.model_copy(update={"student": student})

    @cached_property
    def dataset(self) -> Dataset:
        """The run's dataset; raises NotThereYet where it is not imported."""
        return self.workspace.need_dataset(self.config.dataset)

    @cached_property
    def pool_dataset(self) -> Dataset:
        """The dataset that P, the Skill-Map and the vocabulary come from; raises NotThereYet without it."""
        name = self.config.pool_dataset
        return self.dataset if name in (None, self.config.dataset) else self.workspace.need_dataset(str(name))

    @cached_property
    def pool(self) -> Pool:
        """The training pool P with its Skill-Map."""
        return Pool(self.pool_dataset.need_split("train"), self.pool_dataset.skill_map)

    @cached_property
    def evaluation_questions(self) -> list[Question]:
        """The questions of validation and test, of the pool's dataset too: what no training set may hold."""
        return [question for _, question in self.run.held_out()]

    def clean_pool(self, near: float) -> tuple[Pool, int]:
        """The pool without evaluation questions and near-duplicates of them, and the number left out."""
        if near not in self._clean_pools:
            problems = [question.problem for question in self.evaluation_questions]
            shares, _ = NearTo(problems).nearest([question.problem for question in self.pool.questions])
            kept = [q for q, share in zip(self.pool.questions, shares, strict=True) if share < near]
            n_left_out = len(self.pool.questions) - len(kept)
            self._clean_pools[near] = Pool(kept, self.pool_dataset.skill_map), n_left_out
        return self._clean_pools[near]

    def skill_map_digests(self) -> list[str]:
        """What labels depend on: the dataset's Skill-Map, and that of the pool where it is another one."""
        return list(dict.fromkeys(of.skill_map_digest() for of in (self.dataset, self.pool_dataset)))

    @cached_property
    def grader(self) -> Grader:
        """The domain's grader; `judge` asks the run's teacher."""
        warning = notice(self.config.domain.grader)
        if warning:
            self.report.say("grader", warning)
        return open_grader(self.config.domain.grader, judge_by(self.ask))

    def embed(self, texts: list[str]) -> Any:
        """Vectors from the run's embeddings endpoint, one row a text; those it gave before are kept."""
        config, model = self.config.embeddings, str(self.config.embeddings.model)
        account = open_account(self.workspace, self.config, "embeddings", model, self.run.name, self.report)
        check_destination(self.workspace.root, config.server)
        server = Server(config.server)
        with account.tally("embed"):
            return self.workspace.vectors(model).of(
                texts, lambda part: server.embed(part, model, account.budget)
            )

    def reward_model(self) -> RewardModel:
        """The run's reward model."""
        config = self.config.reward_model
        if config.backend == "rlhflow-server":
            check_destination(self.workspace.root, config.server)
        return open_reward_model(config, self.config.student.threads)

    def student(self, adapter: Path | None = None, name: str | None = None) -> Student:
        """The run's student, with an arm's adapter and name where they are given."""
        config = self.config.student
        if config.backend == "openai" and adapter is None:
            kept = PaidStudent(self.workspace, self.config, self.run.name, self.report)
            return FramedStudent(kept, config, name)
        return open_student(config, adapter, name)

    def complete(
        self,
        table: StageTable,
        stage: str,
        settings: dict[str, Any],
        inputs: Sequence[object],
        batches: Sequence[Sequence[T]],
        work: Callable[[int, Sequence[T], Keeping], Sequence[Record]],
        notes: Notes | None = None,
        rows_per_item: int = 1,
    ) -> Manifest:
        """Bring a stage's table up to date: nothing to do where it was made from just these.

        `work` gets a batch's index, the batch, and where its rows are kept as they are made; progress counts
        `rows_per_item` rows for each item of a batch.

        What `notes` says of the rows is kept with the table, and reported when it is made.

        Raises Reviewed where people's decisions depend on what would be replaced."""
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
        if manifest is not None and is_reviewed_after(stage) and self.run.label_log.events():
            raise Reviewed(
                f"run {self.run.name}: its {stage.replace('_', ' ')} would be made again, but its labels are "
                f"reviewed; keep them and go on in a copy: stat-studio run {self.run.name} --fork NEW"
            )
        progress = StageProgress(self.report, stage, rows_per_item * sum(map(len, batches)))

        def make(index: int, batch: Sequence[T]) -> Sequence[Record]:
            with closing(table.journal(fingerprint, index)) as journal:
                return work(index, batch, Keeping(journal, progress))

        made = table.complete(
            fingerprint,
            batches,
            make,
            settings,
            lambda done, _: progress.batches(done * rows_per_item),
            notes,
        )
        for note in made.notes:
            self.report.say(stage, note)
        return made

    def paid_teacher(self, teacher: TeacherConfig | None = None) -> PaidTeacher:
        """A teacher, the run's own unless another is named, behind the store of its raw answers."""
        return open_paid_teacher(
            self.workspace, teacher or self.config.teacher, self.config, self.run.name, self.report
        )

    def ask(self, teacher: TeacherConfig | None = None) -> Ask:
        """A way to ask that teacher."""
        return self.paid_teacher(teacher).ask


@contextmanager
def opened(make: Callable[[], T]) -> Iterator[Callable[[], T]]:
    """A way to what `make` makes: made at the first use and closed at the end, so that its memory is free."""
    made: list[T] = []

    def use() -> T:
        if not made:
            made.append(make())
        return made[0]

    try:
        yield use
    finally:
        for model in made:
            close(model)


def batched(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """The items in consecutive batches: the fixed plan that makes a stage reproducible."""
    return [items[at : at + size] for at in range(0, len(items), size)]


def batch_seed(seed: int, index: int) -> int:
    """A seed of its own for every batch."""
    return int(content_hash(seed, index), 16) % 2**31
