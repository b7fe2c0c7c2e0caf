from collections.abc import Sequence
from pathlib import Path

import pytest

from stat_engine.errors import NotThereYet, StatError
from stat_engine.records import Response
from stat_engine.store.tables import StageTable, read_records, write_table
from tests.factories import a_response

BATCHES = [["a", "b"], ["c"]]


def rows(_: int, batch: Sequence[str]) -> list[Response]:
    return [a_response(id, steps=["1+1=2", id]) for id in batch]


@pytest.fixture
def table(tmp_path: Path) -> StageTable:
    return StageTable(tmp_path / "responses", Response)


def test_records_come_back_equal_and_in_order(table: StageTable) -> None:
    table.complete("f", BATCHES, rows, {})
    assert list(table.read()) == rows(0, ["a", "b", "c"])


def test_nothing_is_there_before_the_manifest(table: StageTable) -> None:
    def killed(index: int, batch: Sequence[str]) -> list[Response]:
        if index == 1:
            raise KeyboardInterrupt
        return rows(index, batch)

    with pytest.raises(KeyboardInterrupt):
        table.complete("f", BATCHES, killed, {})
    assert (table.manifest(), table.files(), list(table.read())) == (None, [], [])
    assert table.progress() == (1, 2)
    with pytest.raises(NotThereYet, match="responses not there yet; make them with: the command"):
        table.need("the command")


def test_a_stage_taken_up_again_does_only_what_is_left_and_ends_equal(
    table: StageTable, tmp_path: Path
) -> None:
    done: list[int] = []

    def killed_once(index: int, batch: Sequence[str]) -> list[Response]:
        done.append(index)
        if done == [0, 1]:
            raise KeyboardInterrupt
        return rows(index, batch)

    with pytest.raises(KeyboardInterrupt):
        table.complete("f", BATCHES, killed_once, {})
    table.complete("f", BATCHES, killed_once, {})
    assert done == [0, 1, 1]
    undisturbed = StageTable(tmp_path / "other" / "responses", Response)
    undisturbed.complete("f", BATCHES, rows, {})
    assert table.manifest() == undisturbed.manifest()
    assert [f.read_bytes() for f in table.files()] == [f.read_bytes() for f in undisturbed.files()]
    assert sorted(p.name for p in table.folder.iterdir()) == ["manifest.json", "responses-f.parquet"]


def test_another_fingerprint_replaces_the_table_and_leaves_nothing_behind(table: StageTable) -> None:
    table.complete("old", BATCHES, rows, {})
    assert table.is_done("old") and not table.is_done("new")
    table.complete("new", BATCHES[1:], rows, {})
    assert [row.response_id for row in table.read()] == ["c"]
    assert sorted(p.name for p in table.folder.iterdir()) == ["manifest.json", "responses-new.parquet"]


def test_given_up_parts_go_and_the_table_stays(table: StageTable) -> None:
    table.forget_unfinished()  # there is nothing
    table.folder.mkdir(parents=True)
    (table.folder / "parts-other").mkdir()
    table.forget_unfinished()  # the first work of a table is no other's
    assert [path.name for path in table.folder.iterdir()] == ["parts-other"]
    table.complete("f", BATCHES, rows, {})
    (table.folder / "parts-given-up").mkdir()
    (table.folder / "half.tmp").write_bytes(b"x")
    table.forget_unfinished()
    assert sorted(p.name for p in table.folder.iterdir()) == ["manifest.json", "responses-f.parquet"]
    assert [row.response_id for row in table.read()] == ["a", "b", "c"]


def test_readers_go_by_the_manifest_not_by_what_lies_in_the_folder(table: StageTable) -> None:
    table.complete("f", BATCHES, rows, {})
    (table.folder / "stray.parquet").write_bytes(b"not a table")
    assert [row.response_id for row in table.read()] == ["a", "b", "c"]


def test_an_empty_table_is_a_table(table: StageTable) -> None:
    assert table.complete("f", [], rows, {}).n_rows == 0
    assert list(table.read()) == []


def test_the_digest_changes_with_the_content(table: StageTable, tmp_path: Path) -> None:
    digest = table.complete("f", BATCHES, rows, {}).digest
    other = StageTable(tmp_path / "b" / "responses", Response)
    assert other.complete("f", BATCHES, rows, {}).digest == digest
    assert other.complete("f", BATCHES[:1], rows, {}).digest != digest


def test_a_changed_byte_of_a_text_is_a_damaged_file_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write_table(path, Response, [a_response(response="plainly seen")])
    path.write_bytes(path.read_bytes().replace(b"plainly seen", b"plainly \xffeen"))
    with pytest.raises(
        StatError, match=r"table.parquet: found a damaged Parquet file \(.*0xff in position 8"
    ):
        list(read_records([path], Response))
