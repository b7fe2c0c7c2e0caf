"""What a run's teachers said and what people decided, kept in memory for as long as the files stay.

Each decision changes the label log and nothing else, so that a page that shows ten thousand labels
need not read them anew after every key. What is kept is shared: nobody may change it."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from stat_engine.records import LabelEvent, MissingSkill
from stat_engine.stages.agreement import disagreements
from stat_engine.store.label_log import LabelLog, effective_labels
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.tables import StageTable, read_records

Source = tuple[tuple[Path, ...], str]
"""(files of a table, digest of their content)"""


def own_labels(run: RunFolder) -> Sequence[MissingSkill]:
    """What the run's teacher said; raises as `RunFolder.own_labels` does."""
    return _read(_source(run.own_label_table()))


def second_labels(run: RunFolder) -> list[Sequence[MissingSkill]]:
    """What each second teacher said, where that is there for the settings now in force."""
    return [_read(source) for source in _second_sources(run)]


def effective(run: RunFolder) -> list[MissingSkill]:
    """The labels of the run's teacher as people left them, as `RunFolder.labels` gives them."""
    return effective_labels(own_labels(run), events(run))


def events(run: RunFolder) -> Sequence[LabelEvent]:
    """Every event of the label log, oldest first."""
    path = run.label_log.path
    if not path.exists():
        return ()
    stat = path.stat()
    return _events(path, stat.st_mtime_ns, stat.st_size)


def disputed_by_teachers(run: RunFolder) -> frozenset[str]:
    """Responses of which two teachers say different things."""
    seconds = _second_sources(run)
    return _disputed((_source(run.own_label_table()), *seconds)) if seconds else frozenset()


def _second_sources(run: RunFolder) -> list[Source]:
    tables = [(run.missing_skills(t.endpoint()), run.label_settings(t)) for t in run.config.second_teachers]
    return [_source(table) for table, now in tables if (m := table.manifest()) and m.settings == now]


def _source(table: StageTable) -> Source:
    manifest = table.manifest()
    return tuple(table.files()), manifest.digest if manifest else ""


@lru_cache(maxsize=8)
def _read(source: Source) -> tuple[MissingSkill, ...]:
    return tuple(read_records(source[0], MissingSkill))


@lru_cache(maxsize=4)
def _disputed(sources: tuple[Source, ...]) -> frozenset[str]:
    said = {str(at): _read(source) for at, source in enumerate(sources)}
    return frozenset(str(row["response_id"]) for row in disagreements(said))


@lru_cache(maxsize=4)
def _events(path: Path, mtime: int, size: int) -> tuple[LabelEvent, ...]:
    return tuple(LabelLog(path).events())
