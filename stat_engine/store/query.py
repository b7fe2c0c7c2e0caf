"""The only module that opens DuckDB: in-memory queries over the Parquet files of a run.

A process opens one empty database in memory. Each call has its own connection to it, which holds the call's
tables and closes with it, so pages, jobs and notebooks never find the database locked. Queries get file lists
and values as parameters; no text from data or users enters the SQL."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from stat_engine.records import Record, arrow_schema
from stat_engine.store.tables import read_records

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

Tables = Mapping[str, tuple[Sequence[Path], type[Record]]]
"""{name in the SQL: (Parquet files, record type)}; without files the table is an empty one."""
Row = TypeVar("Row")
R = TypeVar("R", bound=Record)


def frame(sql: str, tables: Tables, parameters: Sequence[Any] = ()) -> "pd.DataFrame":
    """Result of `sql` over the named tables, as a frame."""
    with _over(tables) as connection:
        result: pd.DataFrame = connection.execute(sql, list(parameters)).df()
        return result


def rows(sql: str, tables: Tables, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """Result of `sql` as plain values: lists stay lists and nulls None, which a frame would not keep."""
    with _over(tables) as connection:
        result: list[dict[str, Any]] = (
            connection.sql(sql, params=list(parameters)).to_arrow_table().to_pylist()
        )
        return result


def typed(row: type[Row], sql: str, tables: Tables, parameters: Sequence[Any] = ()) -> list[Row]:
    """`rows` as rows of a TypedDict; raises TypeError where the columns are not exactly its keys."""
    with _over(tables) as connection:
        found = connection.sql(sql, params=list(parameters)).to_arrow_table()
    if set(found.column_names) != set(row.__annotations__):
        raise TypeError(f"{row.__name__}: found columns {found.column_names}, expected its keys")
    result: list[Row] = found.to_pylist()
    return result


def as_records(record: type[R], sql: str, tables: Tables, parameters: Sequence[Any] = ()) -> list[R]:
    """`rows` as records; a column that an older file lacks has the field's default."""
    found = rows(sql, tables, parameters)
    # the plugin of pydantic gives the base class's type
    return [cast("R", record.model_construct(None, **row)) for row in found]


def records(record: type[R], files: Sequence[Path], column: str, value: str) -> list[R]:
    """Rows of one table in which a column has this value; none where there is no table."""
    return as_records(record, f"select * from rows where {column} = ?", {"rows": (files, record)}, [value])


def repeated(path: Path, column: str) -> list[str]:
    """Values of a Parquet file's column that stand in it more than once."""
    with _large(path) as connection:
        sql = f"select {column} from rows group by {column} having count(*) > 1"
        return [row[0] for row in connection.sql(sql).fetchall()]


def large_rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Result of `sql` over `rows`, the rows of one Parquet file of any size."""
    with _large(path) as connection:
        found: list[tuple[Any, ...]] = connection.sql(sql).fetchall()
        return found


def sort_file(path: Path, column: str, schema: "pa.Schema") -> None:
    """Sort a Parquet file by a column of text, on disk where it is larger than memory may be."""
    import pyarrow.parquet as pq

    sorted_ = path.with_suffix(".sorted")
    with _large(path) as connection, pq.ParquetWriter(sorted_, schema) as writer:
        for batch in connection.sql(f"select * from rows order by {column}").to_arrow_reader(50_000):
            writer.write_batch(batch.cast(schema))
    sorted_.replace(path)


@contextlib.contextmanager
def _large(path: Path) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A database of its own, with little memory and a folder beside the file for the rest."""
    import duckdb

    config = {"memory_limit": "400MB", "temp_directory": str(path.parent / "duckdb"), "threads": 2}
    with duckdb.connect(config=config) as connection:
        connection.execute("set enable_progress_bar = false")  # it would stand among a verb's own output
        connection.register("rows", connection.from_parquet(str(path)))
        yield connection


@cache
def _database() -> "duckdb.DuckDBPyConnection":
    """The database of this process: to open one takes longer than most queries. It caches no file."""
    import duckdb  # what asks no question is to start without it: `stat-studio status`

    return duckdb.connect(config={"enable_external_file_cache": False})


@contextlib.contextmanager
def _over(tables: Tables) -> "Iterator[duckdb.DuckDBPyConnection]":
    import duckdb

    with _database().cursor() as connection:
        try:
            for name, (files, record) in tables.items():
                paths = [str(file) for file in files]
                table = connection.from_parquet(paths) if paths else arrow_schema(record).empty_table()
                connection.register(name, table)
            yield connection
        except duckdb.Error:
            _name_the_damaged(tables)
            raise


def _name_the_damaged(tables: Tables) -> None:
    """Read the files of a query that failed once more; raises StatError for the first that is damaged."""
    for files, record in tables.values():
        for _ in read_records(files, record):
            pass


ASKED_QUESTIONS = """
select id, coalesce(subject, '') as subject, level from questions
where id in (select question_id from responses) order by id
"""
"""One row a question that has responses."""
SCORED_RESPONSES = """
with asked as (
  select id, row_number() over (order by id) - 1 as place from questions
  where id in (select question_id from responses))
select q.place, r.response_id, r.model, r.sample, s.final, s.mean, s.min_before_final, s.min_after_first,
       s.outcome_reward, r.is_correct
from responses r
join asked q on q.id = r.question_id
left join step_rewards s using (response_id)
order by q.place, r.model, r.sample, r.response_id
"""
"""One row a response: the narrow columns that the thresholds read; `place` counts ASKED_QUESTIONS from 0."""
EMPTY_RESPONSES = "select response_id from responses where len(steps) = 0"
ANSWERED_RESPONSES = """
select response_id, answer,
       len(list_filter(string_split(spaced, ' '), lambda word: word != '')) as n_words
from (select response_id, answer, translate(response, E'\\t\\n\\f\\r', '    ') as spaced from responses)
"""
"""What the filters `consistency` and `length` read beside; it takes reading every response's text."""
