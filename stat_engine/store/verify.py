"""Compare every table of a workspace with its manifest: length, rows, columns and the hash of every byte."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stat_engine.errors import StatError
from stat_engine.method.stage import STORED
from stat_engine.records import Record
from stat_engine.store.files import read_json, sha256
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.table_files import damaged
from stat_engine.store.tables import StageTable
from stat_engine.store.workspace import WorkspaceFolder

ADAPTER_BACK = "restore it from a copy, or train the arm again under another name"


@dataclass(frozen=True)
class Checked:
    """One table, or one trained adapter, and what was found of it."""

    owner: str
    """As in "run demo" or "dataset numeracy"."""
    table: str
    """Its folder within the owner's."""
    n_rows: int | None
    """By the manifest; null for an adapter, and where the manifest cannot be read."""
    problem: str | None
    """What differs from the manifest, a sentence; null: nothing."""
    made_from_it: list[str]
    """Stages that are there and were made from a table with a problem."""


def verify(workspace: WorkspaceFolder, run: str | None = None) -> Iterator[Checked]:
    """Every table of a run with the datasets that it uses; of the whole workspace without a run.

    Raises NotThereYet for a run that is none."""
    names = [run] if run else workspace.run_names()
    folders = [workspace.run_folder(name) for name in names]
    for name in _datasets(folders) if run else workspace.dataset_names():
        yield from _tables(f"dataset {name}", workspace.dataset(name).folder)
    for folder in folders:
        for found in _tables(f"run {folder.name}", folder.folder):
            after = _after(folder, found.table) if found.problem else []
            yield Checked(found.owner, found.table, found.n_rows, found.problem, after)


def _datasets(folders: list[RunFolder]) -> list[str]:
    names: list[str] = []
    for folder in folders:
        names += [folder.config.dataset, folder.config.pool_dataset or folder.config.dataset]
    return list(dict.fromkeys(names))


def _tables(owner: str, folder: Path) -> Iterator[Checked]:
    for path in sorted(folder.rglob("manifest.json")):
        table = str(path.parent.relative_to(folder))
        try:
            card = read_json(path)
            if isinstance(card, dict) and "weights" in card:
                n_rows = None
                _check_weights(path.parent, card["weights"])
            else:
                n_rows = _check_table(path.parent)
        except StatError as error:
            yield Checked(owner, table, None, str(error), [])
        else:
            yield Checked(owner, table, n_rows, None, [])


def _check_table(folder: Path) -> int:
    table = StageTable(folder, Record)
    manifest = table.need("")
    for file in manifest.files:
        table.check(file)
        if sha256(folder / file.name) != file.sha256:
            raise damaged(folder / file.name, "other bytes of the same length")
    return manifest.n_rows


def _check_weights(folder: Path, expected: object) -> None:
    path = folder / "adapter" / "adapter_model.safetensors"
    if not path.exists():
        raise StatError(f"{path}: found no file, expected the trained adapter; {ADAPTER_BACK}")
    if sha256(path) != expected:
        raise StatError(f"{path}: found other weights than its manifest names; {ADAPTER_BACK}")


def _after(run: RunFolder, table: str) -> list[str]:
    """The stages with an outcome that come after the stage of a table."""
    at = next((at for at, of in enumerate(STORED) if table.split("/")[0] in of.folders), len(STORED))
    later = STORED[at + 1 :]
    return [of.name for of in later if any((run.folder / name).is_dir() for name in of.folders)]
