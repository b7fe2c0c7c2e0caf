from pathlib import Path

from stat_engine.records import MissingSkill, SelfCheck, SkillMapEntry, arrow_schema
from stat_engine.store.tables import read_records, write_table
from tests.factories import a_label, an_entry


def test_a_required_field_that_may_be_null_is_stored_as_null(tmp_path: Path) -> None:
    unread = a_label("r1", "q1", judge=None, status="parse_failed")
    write_table(tmp_path / "labels.parquet", MissingSkill, [unread])
    assert list(read_records([tmp_path / "labels.parquet"], MissingSkill)) == [unread]
    check = SelfCheck(response_id="r1", teacher="t", is_right=None, reason="", call="c")
    write_table(tmp_path / "checks.parquet", SelfCheck, [check])
    assert list(read_records([tmp_path / "checks.parquet"], SelfCheck)) == [check]


def test_columns_are_nullable_where_the_field_is() -> None:
    schema = arrow_schema(SkillMapEntry)
    assert {field.name: field.nullable for field in schema} == {
        "question_id": False, "subject": False, "skills": False, "source": True, "probability": True,
    }  # fmt: skip


def test_a_skill_map_written_before_sources_were_kept_is_read(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    path = tmp_path / "old.parquet"
    write_table(path, SkillMapEntry, [an_entry("q1", "a")])
    pq.write_table(pq.read_table(path).drop_columns(["source", "probability"]), path)
    assert list(read_records([path], SkillMapEntry)) == [an_entry("q1", "a")]
