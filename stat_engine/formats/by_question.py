"""Rows of a long file beside what a run holds, some questions at a time: no more than they is in memory.

The rows are staged in a file of their own and sorted there by question, on disk where the imported file is
not in that order. Then they, the dataset's questions and the run's tables are read side by side."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stat_engine.errors import InputError
from stat_engine.formats.row import Row, displayed
from stat_engine.formats.rows import Reading
from stat_engine.records import Question, Record, Response, StepReward, arrow_schema
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.tables import StageTable, read_records

N_ROWS = 20_000
"""Records of all kinds that a part holds before it ends with its question."""


class StagedRow(Record):
    """A row of the imported file."""

    question_id: str
    line: int
    is_text: bool
    values: str
    """Those of the fields that the import reads, as JSON."""


STAGED = arrow_schema(StagedRow)


@dataclass
class Part:
    """Some questions with all that the file and the run say of them."""

    questions: dict[str, Question] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    """In the order of the file."""
    responses: list[Response] = field(default_factory=list)
    rewards: list[StepReward] = field(default_factory=list)


def stage(rows: Iterable[tuple[str, Row]], place: Path, fields: Collection[str]) -> InputError | None:
    """Write rows, each with its question's id, to a file, sorted by question, up to the first fault.

    The fault is returned, not raised: a row before it may have one that only its question shows."""
    fault: InputError | None = None
    is_sorted, last, names = True, "", dict.fromkeys(fields)

    def staged() -> Iterator[dict[str, Any]]:
        nonlocal fault
        try:
            for id, row in rows:
                kept = {name: row.values[name] for name in names if name in row.values}
                yield {"question_id": id, "line": row.line, "is_text": row.is_text, "values": _json(kept)}
        except InputError as error:
            fault = error

    todo = staged()
    with pq.ParquetWriter(place, STAGED) as writer:
        while part := list(islice(todo, N_ROWS)):
            table = pa.Table.from_pylist(part, STAGED)
            is_sorted = is_sorted and last <= part[0]["question_id"] and _rises(table["question_id"])
            last = part[-1]["question_id"]
            writer.write_table(table)
    if not is_sorted:
        query.sort_file(place, "question_id, line", STAGED)
    return fault


def each_part(
    run: RunFolder,
    place: Path,
    path: Path,
    fault: InputError | None,
    reading: Reading,
    work: Callable[[Part, bool], None],
) -> None:
    """Call `work` with every part of the rows staged at `place`, which are those of `path`.

    A part that raises InputError ends the import, as `fault` does, but the other parts are looked at too,
    with false so that `work` only checks them: parts are not in the order of the file, and the error of the
    lowest line is raised."""
    first, n_rows = fault, 0
    for part in parts(run, place, path):
        reading.tell(n_rows, f"checked, of {reading.n_rows:,}")
        n_rows += len(part.rows)
        try:
            work(part, first is None)
        except InputError as error:
            if first is None or (error.line or 0) < (first.line or 0):
                first = error
    if first is not None:
        raise first


def parts(run: RunFolder, place: Path, path: Path) -> Iterator[Part]:
    """The rows staged at `place`, which are those of `path`, with the run's questions, responses and rewards.

    Every response and reward of the run is in one part, in the order of the questions' ids."""
    sources: list[tuple[Sequence[Path], type[Record], str]] = [
        (_in_order(run.dataset.question_table, "id", place), Question, "id"),
        ([place], StagedRow, "question_id"),
        (_in_order(run.responses, "question_id", place), Response, "question_id"),
        (_in_order(run.step_rewards, "question_id", place), StepReward, "question_id"),
    ]
    groups = [groupby(read_records(files, of), _key(key)) for files, of, key in sources]
    heads = [next(group, None) for group in groups]
    part, n_records = Part(), 0
    while any(heads):
        id = min(head[0] for head in heads if head)
        found: list[list[Any]] = []
        for at, head in enumerate(heads):
            if head and head[0] == id:
                found.append(list(head[1]))
                heads[at] = next(groups[at], None)
            else:
                found.append([])
        questions, rows, responses, rewards = found
        part.questions |= {question.id: question for question in questions}
        part.rows += [Row(row.line, json.loads(row.values), path, row.is_text) for row in rows]
        part.responses += responses
        part.rewards += rewards
        n_records += sum(map(len, found))
        if n_records >= N_ROWS or not any(heads):
            part.rows.sort(key=lambda row: row.line)
            yield part
            part, n_records = Part(), 0


def _key(name: str) -> Any:
    return lambda record: getattr(record, name)


# Parquet holds values that JSON does not; no field takes one
_json = json.JSONEncoder(default=lambda value: {"found": displayed(value)}).encode


def _in_order(table: StageTable, column: str, place: Path) -> Sequence[Path]:
    """The files of a table whose rows rise by a column; a sorted copy beside `place` where they do not."""
    files, last = table.files(), ""
    for file in files:
        with pq.ParquetFile(file) as opened:
            for batch in opened.iter_batches(columns=[column]):
                ids = batch.column(0)
                if len(ids) and not (last <= ids[0].as_py() and _rises(ids)):
                    return [
                        _sorted_copy(files, table.record, column, place.with_name(f"{table.name}.parquet"))
                    ]
                last = ids[-1].as_py() if len(ids) else last
    return files


def _sorted_copy(files: Sequence[Path], record: type[Record], column: str, place: Path) -> Path:
    schema, rows = arrow_schema(record), read_records(files, record)
    with pq.ParquetWriter(place, schema) as writer:
        while part := list(islice(rows, N_ROWS)):
            writer.write_table(pa.Table.from_pylist([row.model_dump() for row in part], schema))
    query.sort_file(place, column, schema)
    return place


def _rises(ids: pa.Array | pa.ChunkedArray) -> bool:
    """Whether texts never fall."""
    return pc.all(pc.less_equal(ids.slice(0, len(ids) - 1), ids.slice(1))).as_py() is not False
