from pathlib import Path
from typing import TypedDict

import pytest

from stat_engine.records import Question
from stat_engine.store import query
from stat_engine.store.tables import StageTable
from tests.factories import a_question


class Row(TypedDict):
    id: str
    level: int | None


QUESTIONS = [a_question("b", level=None), a_question("a", level=3)]


@pytest.fixture
def table(tmp_path: Path) -> StageTable:
    found = StageTable(tmp_path / "questions", Question)
    found.write("f", QUESTIONS, {})
    return found


def test_a_query_gives_rows_of_the_declared_type(table: StageTable) -> None:
    tables: query.Tables = {"questions": (table.files(), Question)}
    rows = query.typed(Row, "select id, level from questions order by id", tables)
    assert rows == [{"id": "a", "level": 3}, {"id": "b", "level": None}]


@pytest.mark.parametrize("columns", ["id", "id, level, subject", "id, level as grade"])
def test_columns_that_the_type_does_not_declare_are_refused(table: StageTable, columns: str) -> None:
    tables: query.Tables = {"questions": (table.files(), Question)}
    with pytest.raises(TypeError, match="Row: found columns"):
        query.typed(Row, f"select {columns} from questions", tables)


def test_records_are_found_by_a_column(table: StageTable) -> None:
    assert query.records(Question, table.files(), "id", "a") == [QUESTIONS[1]]
    assert query.records(Question, table.files(), "id", "c") == []
    assert query.records(Question, [], "id", "a") == []
