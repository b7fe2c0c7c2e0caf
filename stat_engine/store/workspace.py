"""A workspace: the folder that holds all datasets, runs, teacher calls and jobs."""

import os
import platform
import shutil
from collections.abc import Collection
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from stat_engine.config import RunConfig
from stat_engine.errors import NotThereYet, StatError
from stat_engine.store import marks
from stat_engine.store.dataset import Dataset
from stat_engine.store.files import safe_name, write_json
from stat_engine.store.paid_answers import Spending, TeacherCalls, Vectors, spending
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.settings import check_key_names, usable_settings

PACKAGES = ("torch", "transformers", "peft", "trl", "duckdb", "pyarrow", "pandas", "scikit-learn")
"""What decides a run's numbers; their versions are kept in `run.json`."""


class WorkspaceFolder:
    """Paths of a workspace. The folder is made when something is first written to it."""

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = Path(root or os.environ.get("STAT_WORKSPACE") or "workspace")
        if self.root.exists() and not self.root.is_dir():
            raise StatError(f"workspace {self.root}: found a file, expected a folder")

    def dataset(self, name: str) -> Dataset:
        """A dataset's folder, whether it is there or not."""
        return Dataset(self.root / "datasets" / safe_name(name, "dataset"))

    def need_dataset(self, name: str) -> Dataset:
        """A dataset that is there; raises NotThereYet naming those that are."""
        dataset = self.dataset(name)
        if dataset.question_table.manifest() is None:
            way = f"import one with: stat-studio import questions FILE --dataset {name}"
            raise self._missing(f"dataset {name}", self.dataset_names(), way)
        return dataset

    def dataset_names(self) -> list[str]:
        """Names of the imported datasets."""
        return sorted(p.parent.parent.name for p in self.root.glob("datasets/*/questions/manifest.json"))

    def run_folder(self, name: str) -> RunFolder:
        """A run that is there; raises NotThereYet naming those that are."""
        run = self._folder_of(name)
        if not (run.folder / "run.json").exists():
            way = f"make one with: stat-studio new {name} --dataset NAME"
            raise self._missing(f"run {name}", self.run_names(), way)
        return run

    def run_names(self) -> list[str]:
        """Names of the runs, newest first."""
        names = [card.parent.name for card in self.root.glob("runs/*/run.json")]
        return sorted(sorted(names), key=lambda name: self._folder_of(name).created, reverse=True)

    def new_run(
        self,
        name: str,
        config: RunConfig,
        parent: RunFolder | None = None,
        kept: Collection[str] = (),
        round: dict[str, Any] | None = None,
    ) -> RunFolder:
        """Make a run; as a fork of `parent` it starts with the `kept` parts of it. `run.json` comes last.

        `round`: for a next round its number, and the arm and seed of the parent that its student is.
        Raises StatError where the name is taken."""
        run = self._folder_of(name)
        if (run.folder / "run.json").exists():
            raise StatError(f"run {name} exists already in {self.root}; choose another name")
        for dataset in {config.dataset, config.pool_dataset or config.dataset}:
            self.need_dataset(dataset)
        check_key_names(
            usable_settings(self.root)[0], config.servers(), parent.config.servers() if parent else ()
        )
        if parent is not None:
            try:
                parent.copy_to(run.folder, kept)
            except OSError as error:
                shutil.rmtree(run.folder, ignore_errors=True)
                why = error.args[0][0][2] if isinstance(error, shutil.Error) else error.strerror or error
                raise StatError(
                    f"{run.folder}: the copy of run {parent.name} could not be written ({why}) and is "
                    "removed; free disk space (stat-studio disk shows what takes it), then do it again"
                ) from None
        card: dict[str, Any] = {
            "config": config.model_dump(),
            "parent": parent.name if parent else None,
            "created": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "versions": {"python": platform.python_version()} | _versions(),
            "tags": [],
            "note": "",
        } | ({"round": round} if round else {})
        write_json(run.folder / "run.json", card)
        marks.add(self.root, "run", name)
        return run

    def teacher_calls(self, endpoint: str) -> TeacherCalls:
        """The raw answers of one endpoint."""
        return TeacherCalls(self.root / "teacher_calls", endpoint)

    def vectors(self, model: str) -> Vectors:
        """The vectors that an embeddings endpoint gave under this model's name."""
        return Vectors(self.root / "embeddings", model)

    def spending(self) -> Spending:
        """What all teacher calls took, by run, endpoint and task."""
        return spending(self.root / "teacher_calls")

    def spent(self, run: str | None) -> float:
        """USD that a run's teacher calls have cost; of those made for no run when none is named."""
        return sum(spent.cost for (of, _, _), spent in self.spending().items() if of == run)

    def _missing(self, what: str, there: list[str], way_out: str) -> NotThereYet:
        return NotThereYet(f"no {what} in {self.root} (there: {', '.join(there) or 'none yet'}); {way_out}")

    def _folder_of(self, name: str) -> RunFolder:
        return RunFolder(self.root / "runs" / safe_name(name, "run"), self.root / "datasets")


def _versions() -> dict[str, str]:
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return versions
