"""Tables of records as Parquet, and the folder in which a stage's table grows batch by batch.

A stage's folder holds `parts-<fingerprint>/` during the work, with a file for each complete batch and the
journal of the one under way, then one compacted file and, written last, `manifest.json`: when it exists,
the table is complete. Readers use the files that the manifest names."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from stat_engine.errors import NotThereYet, StatError, shown
from stat_engine.records import Record, arrow_schema, content_hash
from stat_engine.store.checked_json import Batches, read_checked
from stat_engine.store.files import replacing, sha256, write_json
from stat_engine.store.journal import Journal
from stat_engine.store.table_files import check_file, damaged, reason, way_out, whole

R = TypeVar("R", bound=Record)
T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Called with (items done, items in all) after each batch."""


Notes = Callable[[Iterator[Any]], list[str]]
"""From the records of the finished table to sentences about them."""


class TableFile(BaseModel):
    """One Parquet file of a table."""

    model_config = ConfigDict(frozen=True)
    name: str
    rows: int
    sha256: str
    bytes: int | None = None
    """Its length; null in a manifest of an earlier version."""


class Manifest(BaseModel):
    """What a finished table is and came from. No clock in it: equal work gives equal bytes."""

    model_config = ConfigDict(frozen=True)
    table: str
    fingerprint: str
    """Hash of the stage's slice of the configuration and of its inputs' digests."""
    files: list[TableFile]
    settings: dict[str, Any]
    """The slice itself, for people."""
    notes: list[str] = []
    """Sentences for the user: shortages, repeats, skipped rows."""

    @property
    def n_rows(self) -> int:
        """Rows in all files."""
        return sum(file.rows for file in self.files)

    @property
    def digest(self) -> str:
        """Hash of the content: what a later stage's fingerprint takes in."""
        return content_hash(self.fingerprint, [file.sha256 for file in self.files])


def write_table(path: Path, record: type[R], records: Sequence[R]) -> None:
    """Write records as one Parquet file, whole or not at all."""
    import pyarrow as pa  # here and below, because manifests alone are read without it: `stat-studio status`
    import pyarrow.parquet as pq

    rows = [item.model_dump() for item in records]
    with replacing(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=arrow_schema(record)), temporary)


def read_records(paths: Sequence[Path], record: type[R], batch_size: int = 4096) -> Iterator[R]:
    """Stream the records of Parquet files, a batch in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size):
                    for row in batch.to_pylist():
                        yield cast(R, record.model_construct(None, **row))
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise damaged(path, reason(error)) from None


class StageTable:
    """One stage's table in one folder."""

    def __init__(self, folder: Path, record: type[Record]) -> None:
        self.folder = folder
        self.record = record

    @property
    def name(self) -> str:
        """The folder's name, which is the table's."""
        return self.folder.name

    def manifest(self) -> Manifest | None:
        """The manifest, or None while the stage is unfinished."""
        place = self.folder / "manifest.json"
        raw = read_checked(place, Manifest, way_out(place))
        return None if raw is None else Manifest.model_validate(raw)

    def need(self, way_out: str, what: str | None = None) -> Manifest:
        """The manifest; raises NotThereYet with what is missing and the command that makes it."""
        manifest = self.manifest()
        if manifest is None:
            what = what or self.name.replace("_", " ")
            raise NotThereYet(f"{what} not there yet; make them with: {way_out}")
        return manifest

    def is_done(self, fingerprint: str) -> bool:
        """Whether the table is whole and was made from just this."""
        manifest = self.manifest()
        return manifest is not None and manifest.fingerprint == fingerprint

    def files(self) -> list[Path]:
        """The table's Parquet files, by the manifest; none while it is unfinished.

        Raises StatError where one has another length, other rows or other columns than it should."""
        manifest = self.manifest()
        for file in manifest.files if manifest else []:
            self.check(file)
        return [self.folder / file.name for file in manifest.files] if manifest else []

    def check(self, file: TableFile) -> None:
        """Compare a file of the table with its manifest, without reading its rows; raises StatError."""
        path = self.folder / file.name
        if path.parent != self.folder:  # a manifest is a file too: nothing in it leads out of the folder
            raise damaged(self.folder / "manifest.json", f"the file name {shown(file.name)}")
        try:
            stat = path.stat()
        except OSError as error:
            raise damaged(path, reason(error)) from None
        check_file(path, file.rows, file.bytes, self.record, stat.st_mtime_ns, stat.st_size)

    def has_column(self, name: str) -> bool:
        """Whether every file of the finished table has this column, which older versions may lack."""
        import pyarrow.parquet as pq

        return all(name in pq.read_schema(path).names for path in self.files())

    def read(self) -> Iterator[Any]:
        """Stream the records of the finished table (none while it is unfinished)."""
        return read_records(self.files(), self.record)

    def progress(self) -> tuple[int, int] | None:
        """(batches done, batches planned) of the work under way; None where none is."""
        for folder in sorted(self.folder.glob("parts-*")):
            plan = read_checked(folder / "plan.json", Batches, f"remove the folder {folder}")
            if plan:
                return len(list(folder.glob("*.parquet"))), int(plan["n_batches"])
        return None

    def complete(
        self,
        fingerprint: str,
        batches: Sequence[Sequence[T]],
        work: Callable[[int, Sequence[T]], Sequence[Record]],
        settings: dict[str, Any],
        progress: Progress | None = None,
        notes: Notes | None = None,
    ) -> Manifest:
        """Work off the batches not yet on disk, then compact them and write the manifest.

        `work(index, batch)` must depend on nothing but its arguments and the fingerprint, so that
        a batch done again after a kill is the same batch. Rows keep the order of the plan; `notes` reads
        them once all are there."""
        parts = self.folder / f"parts-{fingerprint}"
        write_json(parts / "plan.json", {"n_batches": len(batches)})
        total, done = sum(len(batch) for batch in batches), 0
        for index, batch in enumerate(batches):
            path = parts / f"{index:05d}.parquet"
            if not path.exists():
                rows = list(work(index, batch))
                if not (parts / "plan.json").exists():
                    raise StatError(
                        f"{parts}: found no such folder any more: the workspace was moved or removed while "
                        "work was under way; put it back, or give the order again where it is now"
                    )
                write_table(path, self.record, rows)
            self._journal_path(fingerprint, index).unlink(missing_ok=True)
            done += len(batch)
            if progress:
                progress(done, total)
        paths = [parts / f"{index:05d}.parquet" for index in range(len(batches))]
        return self._finish(
            fingerprint, paths, settings, notes(read_records(paths, self.record)) if notes else []
        )

    def journal(self, fingerprint: str, index: int) -> Journal:
        """The finished rows of a batch under way; it goes once the batch is written."""
        return Journal(self._journal_path(fingerprint, index))

    def _journal_path(self, fingerprint: str, index: int) -> Path:
        return self.folder / f"parts-{fingerprint}" / f"{index:05d}.jsonl"

    def write(
        self,
        fingerprint: str,
        records: Sequence[Record],
        settings: dict[str, Any],
        notes: list[str] | None = None,
    ) -> Manifest:
        """Write a table that fits in one batch."""
        return self.complete(
            fingerprint, [records], lambda _, batch: batch, settings, notes=lambda _: notes or []
        )

    def adopt(
        self, place: Path, fingerprint: str, settings: dict[str, Any], notes: Sequence[str] = ()
    ) -> Manifest:
        """Make the table of one Parquet file with its schema, which is moved."""
        path = self.folder / f"{self.name}-{fingerprint}.parquet"
        self.folder.mkdir(parents=True, exist_ok=True)
        place.replace(path)
        return self._named(path, fingerprint, settings, list(notes))

    def _finish(
        self, fingerprint: str, parts: list[Path], settings: dict[str, Any], notes: list[str]
    ) -> Manifest:
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.folder / f"{self.name}-{fingerprint}.parquet"
        with replacing(path) as temporary, pq.ParquetWriter(temporary, arrow_schema(self.record)) as writer:
            for part in parts:  # one that an older version wrote may lack a column: it is null there
                empty = arrow_schema(self.record).empty_table()
                writer.write_table(
                    pa.concat_tables([empty, whole(part)], promote_options="default").cast(empty.schema)
                )
        return self._named(path, fingerprint, settings, notes)

    def _named(self, path: Path, fingerprint: str, settings: dict[str, Any], notes: list[str]) -> Manifest:
        """Write the manifest of a finished file."""
        import pyarrow.parquet as pq

        n_rows, n_bytes = pq.read_metadata(path).num_rows, path.stat().st_size
        file = TableFile(name=path.name, rows=n_rows, sha256=sha256(path), bytes=n_bytes)
        manifest = Manifest(
            table=self.name, fingerprint=fingerprint, files=[file], settings=settings, notes=notes
        )
        write_json(self.folder / "manifest.json", manifest.model_dump())
        self._forget_all_but({file.name, "manifest.json"})
        return manifest

    def forget_unfinished(self) -> None:
        """Drop the parts of work that was begun with other settings and given up; keep the table."""
        manifest = self.manifest()
        if manifest is not None and any(self.folder.glob("parts-*")):
            self._forget_all_but({file.name for file in manifest.files})

    def _forget_all_but(self, names: set[str]) -> None:
        for path in self.folder.iterdir():
            if path.is_dir() and path.name.startswith("parts-"):
                shutil.rmtree(path)
            elif path.suffix in (".parquet", ".tmp") and path.name not in names:
                path.unlink()
